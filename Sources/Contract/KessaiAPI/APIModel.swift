public import JSON

/// A type that goes over the wire: Codable in snake_case, with the schema that checks it and documents it.
///
/// Models hold no logic. Their coding keys are written out, so that a name of the wire is found by searching for it.
/// A nil member is written as `null`; `null` and an absent member read as nil. So an optional member of a request has
/// the schema `.optional(name, .nullable(…))`, and one of an answer `.required(name, .nullable(…))`.
public protocol APIModel: Codable, Sendable {
    /// What the JSON looks like; named, so that the OpenAPI document keeps it once.
    static var schema: Schema { get }
}

extension APIModel {
    /// The model of a body that was already checked against `schema`, as the router does before it calls a handler.
    /// Members that the model does not know are ignored. Throws
    /// `JSONCodingError`: as the schema was checked before, it is a fault of ours.
    public init(validated json: JSONValue) throws {
        self = try json.decoded()
    }

    /// The model as JSON, its members sorted by name. Throws `JSONCodingError` for what JSON cannot hold: a number that
    /// is not finite, or beyond 64 bits.
    public func jsonValue() throws -> JSONValue { try JSONValue(encoding: self).sorted }

    /// The model as UTF-8 text: members sorted by name, slashes not escaped; equal models give equal bytes. Throws as
    /// `jsonValue()` does.
    public func bytes() throws -> [UInt8] { try jsonValue().bytes() }
}
