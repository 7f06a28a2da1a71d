public import JSON
public import Kernel

/// An amount of money (law 9): `{"amount": 980, "currency": "jpy"}`, in the currency's minor unit.
public struct MoneyDTO: APIModel, Hashable {
    /// The amount in the currency's minor unit.
    public let amount: Int64
    /// The lower-case ISO 4217 code.
    public let currency: String

    /// An amount for the wire.
    public init(_ money: Money) {
        amount = money.amountMinor
        currency = money.currency.code
    }

    /// The amount as the program reckons with it; nil when the currency is no code.
    public var money: Money? { Currency(currency).map { Money(amount, $0) } }

    /// `Money`.
    public static var schema: Schema { .money }

    private enum CodingKeys: String, CodingKey {
        case amount
        case currency
    }
}

/// A moment: RFC 3339 in UTC with milliseconds, `2026-11-21T04:33:00.000Z`.
public struct TimeDTO: APIModel, Hashable {
    /// The moment.
    public let timestamp: Timestamp

    /// A moment for the wire.
    public init(_ timestamp: Timestamp) { self.timestamp = timestamp }

    /// Reads RFC 3339 in UTC. Throws `DecodingError` for anything else.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let timestamp = Timestamp(rfc3339: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a time in UTC, RFC 3339")
        }
        self.timestamp = timestamp
    }

    /// Writes RFC 3339 in UTC.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(timestamp.rfc3339)
    }

    /// An RFC 3339 time.
    public static var schema: Schema { .time }
}

/// Text that no log or dump may show: a password, a token, a person's address (law 13). On the wire it is plain text.
public struct HiddenTextDTO: Codable, Sendable, Hashable {
    /// The text.
    public let secret: Secret

    /// Hides a text.
    public init(_ secret: Secret) { self.secret = secret }
    /// Hides a text.
    public init(_ text: String) { secret = Secret(text) }

    /// Reads text. Throws `DecodingError` for anything else.
    public init(from decoder: any Decoder) throws {
        secret = Secret(try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the text itself.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(secret.reveal())
    }
}

/// A page of a list: `{"data": […], "has_more": true, "next_cursor": "…"}`.
public struct APIList<Element: APIModel>: APIModel {
    /// The elements of this page.
    public let data: [Element]
    /// Whether there are more after them.
    public let hasMore: Bool
    /// What to send as `cursor` for the next page; nil when there is none.
    public let nextCursor: String?

    /// A page, and the cursor of the next one if there is one.
    public init(_ data: [Element], nextCursor: String?) {
        self.data = data
        self.nextCursor = nextCursor
        hasMore = nextCursor != nil
    }

    /// The list's schema; its elements are referred to by their own name.
    public static var schema: Schema {
        .object([
            .required("data", .array(Element.schema)), .required("has_more", .boolean),
            .required("next_cursor", .nullable(.string(length: 1...200))),
        ])
    }

    private enum CodingKeys: String, CodingKey {
        case data
        case hasMore = "has_more"
        case nextCursor = "next_cursor"
    }
}

extension APIList: Equatable where Element: Equatable {}
