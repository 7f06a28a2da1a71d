public import HTTP
public import KessaiAPI

extension RequestContext {
    /// The body as a model. The route must have declared `body: Model.schema`, so that the router has checked it; where
    /// they disagree all the same, `JSONCodingError` is thrown and becomes a 500.
    public func model<Model: APIModel>(_: Model.Type = Model.self) throws -> Model { try Model(validated: json) }
}

extension HTTPResponse {
    /// A model as a JSON answer, its members sorted by name. Throws `JSONCodingError`.
    public static func json(
        _ model: some APIModel, status: Int = 200, headers: HTTPHeaders = [:]
    ) throws -> HTTPResponse { .json(try model.jsonValue(), status: status, headers: headers) }
}

extension Route.Answer {
    /// An answer whose body is a model.
    public init(_ status: Int, _ meaning: String, _ model: (some APIModel).Type) {
        self.init(status, meaning, model.schema)
    }
}
