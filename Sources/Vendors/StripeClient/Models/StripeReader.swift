import JSON
import Kernel

/// Reads the fields of one of Stripe's objects: unknown fields are passed over, absent and null are one.
struct StripeReader {
    let object: String
    private let members: JSONObject

    /// Throws `StripeShapeError` unless `json` is an object of that name; old shapes without a name are taken.
    init(_ json: JSONValue, _ object: String) throws(StripeShapeError) {
        self.object = object
        guard let members = json.object else {
            throw StripeShapeError(object: object, field: "", problem: .wrongType)
        }
        if let name = members["object"]?.string, name != object {
            throw StripeShapeError(object: object, field: "object", problem: .wrongType)
        }
        self.members = members
    }

    /// The field's value; nil when it is absent or null.
    func value(_ field: String) -> JSONValue? {
        guard let value = members[field], !value.isNull else { return nil }
        return value
    }

    /// The field of one type; nil when it is absent or null.
    private func optional<T>(_ field: String, _ cast: (JSONValue) -> T?) throws(StripeShapeError) -> T? {
        guard let value = value(field) else { return nil }
        guard let result = cast(value) else { throw failure(field, .wrongType) }
        return result
    }

    private func required<T>(_ field: String, _ cast: (JSONValue) -> T?) throws(StripeShapeError) -> T {
        guard let result = try optional(field, cast) else { throw failure(field, .missing) }
        return result
    }

    func string(_ field: String) throws(StripeShapeError) -> String { try required(field, \.string) }
    func optionalString(_ field: String) throws(StripeShapeError) -> String? { try optional(field, \.string) }
    func int(_ field: String) throws(StripeShapeError) -> Int64 { try required(field, \.int) }
    func optionalInt(_ field: String) throws(StripeShapeError) -> Int64? { try optional(field, \.int) }
    func optionalBool(_ field: String) throws(StripeShapeError) -> Bool? { try optional(field, \.bool) }
    func array(_ field: String) throws(StripeShapeError) -> [JSONValue] { try required(field, \.array) }

    func secret(_ field: String) throws(StripeShapeError) -> Secret? {
        try optionalString(field).map { Secret($0) }
    }

    func timestamp(_ field: String) throws(StripeShapeError) -> Timestamp {
        Timestamp(epochSeconds: try int(field))
    }

    func optionalTimestamp(_ field: String) throws(StripeShapeError) -> Timestamp? {
        try optionalInt(field).map { Timestamp(epochSeconds: $0) }
    }

    func word<Word: StripeWord>(_ field: String) throws(StripeShapeError) -> Word { Word(try string(field)) }

    func optionalWord<Word: StripeWord>(_ field: String) throws(StripeShapeError) -> Word? {
        try optionalString(field).map { Word($0) }
    }

    func id<Subject>() throws(StripeShapeError) -> StripeID<Subject> {
        let text = try string("id")
        guard !text.isEmpty else { throw failure("id", .missing) }
        return StripeID(text)
    }

    /// The id in an expandable field, which is an id or the whole object.
    func link<Subject>(_ field: String) throws(StripeShapeError) -> StripeID<Subject>? {
        let text = try optional(field) { $0.string ?? $0["id"]?.string }
        guard let text, !text.isEmpty else { return nil }
        return StripeID(text)
    }

    /// The object in an expandable field; nil when only its id is there.
    func expanded<Model: StripeObject>(_ field: String) throws(StripeShapeError) -> Model? {
        guard let value = value(field), value.object != nil else { return nil }
        return try Model(json: value)
    }

    /// An amount by its field and the currency beside it. Only whole numbers are money (law 9).
    func money(_ field: String) throws(StripeShapeError) -> Money { Money(try int(field), try currency()) }

    /// An amount, nothing when the field is absent.
    func moneyOrZero(_ field: String) throws(StripeShapeError) -> Money {
        Money(try optionalInt(field) ?? 0, try currency())
    }

    func metadata() throws(StripeShapeError) -> [String: String] {
        guard let object = try optional("metadata", \.object) else { return [:] }
        var metadata: [String: String] = [:]
        for (name, value) in object.members {
            guard let text = value.string else { throw failure("metadata", .wrongType) }
            metadata[name] = text
        }
        return metadata
    }

    func failure(_ field: String, _ problem: StripeShapeError.Problem) -> StripeShapeError {
        StripeShapeError(object: object, field: field, problem: problem)
    }

    private func currency() throws(StripeShapeError) -> Currency {
        guard let currency = Currency(try string("currency")) else { throw failure("currency", .wrongType) }
        return currency
    }
}
