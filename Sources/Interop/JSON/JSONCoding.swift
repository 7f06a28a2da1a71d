/// What a Codable type and its JSON disagree about. It shows no value.
public enum JSONCodingError: Error, Equatable {
    /// The member at this path is absent, of another kind, out of range, or not one of the known words.
    case mismatch(path: String)
}

extension JSONValue {
    /// A Codable value as JSON; a nil member is written as `null`. Throws `JSONCodingError` for what JSON cannot hold: a
    /// number that is not finite, or beyond 64 bits; and what the type itself throws.
    public init(encoding value: some Encodable) throws { self = try JSONValueEncoder.encode(value) }

    /// The value as a Codable type. Members that it does not know are ignored; `null` and an absent member read as nil. Throws
    /// `JSONCodingError`, and what the type itself throws.
    public func decoded<Model: Decodable>(as _: Model.Type = Model.self) throws -> Model {
        try JSONValueDecoder.decode(Model.self, from: self)
    }
}
