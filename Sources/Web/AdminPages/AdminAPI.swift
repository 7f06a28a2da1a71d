internal import HTTP
internal import JSON
internal import Kernel
internal import KessaiAPI
internal import PageKit

/// The API as operators' pages call it: with the token of the session.
extension LocalAPI {
    /// What is read.
    func get<Model: APIModel>(
        _ path: String, _ query: [(name: String, value: String?)] = [], as _: Model.Type = Model.self, for visit: Visit
    ) async throws -> Model {
        let pairs = query.compactMap { name, value in value.map { "\(name)=\(PercentCoding.encode($0))" } }
        let answer = try await send("GET", path, pairs.joined(separator: "&"), nil, visit.context, token: visit.token)
        return try Model(validated: answer.json)
    }

    /// What is done, once under the form's own key. A form without one is none of ours, and its repeat would do it again.
    @discardableResult
    func post(_ path: String, _ body: JSONValue?, for visit: Visit) async throws -> JSONValue {
        guard let key = visit.form.text("form_key") else { throw Problem.formWithoutKey }
        return try await send("POST", path, "", body, visit.context, token: visit.token, key: key).json
    }

    /// What is changed; to change twice is to change once.
    @discardableResult
    func patch(_ path: String, _ body: JSONValue, for visit: Visit) async throws -> JSONValue {
        try await send("PATCH", path, "", body, visit.context, token: visit.token).json
    }
}
