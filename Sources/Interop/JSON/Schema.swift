/// What a JSON value must look like: checked at the door, and printed into the OpenAPI document.
public indirect enum Schema: Sendable {
    /// Text of so many Unicode scalars, without control characters unless `multiline`.
    case string(length: ClosedRange<Int> = 0...1000, multiline: Bool = false, format: Format? = nil)
    /// Text of so many ASCII letters and digits, or any of `others`, as names and tokens are.
    case word(length: ClosedRange<Int>, others: String)
    /// One of these words.
    case oneOf([String])
    /// A whole number.
    case integer(ClosedRange<Int64> = Int64.min...Int64.max)
    /// True or false.
    case boolean
    /// A list of so many.
    case array(Schema, count: ClosedRange<Int> = 0...1000)
    /// An object of exactly these members.
    case object([Property])
    /// An object of any members of one kind, as metadata is.
    case dictionary(Schema)
    /// This, or `null`.
    case nullable(Schema)
    /// Any of these.
    case either([Schema])
    /// Anything.
    case any
    /// A schema that the document keeps under a name of its own.
    case named(String, Schema)
    /// What it is for, in a sentence.
    case described(Schema, String)

    /// A form that text may be required to have.
    public enum Format: String, Sendable {
        /// A UUID.
        case uuid
        /// An e-mail address; judged by its shape only.
        case email
        /// RFC 3339 in UTC.
        case dateTime = "date-time"
        /// Hidden input, 8 characters or more by the length.
        case password
    }

    /// A member of an object.
    public struct Property: Sendable {
        /// Its name, in snake_case.
        public let name: String
        /// What it must look like.
        public let schema: Schema
        /// Whether it must be there.
        public let required: Bool

        /// A member that must be there.
        public static func required(_ name: String, _ schema: Schema) -> Property {
            Property(name: name, schema: schema, required: true)
        }

        /// A member that may be absent.
        public static func optional(_ name: String, _ schema: Schema) -> Property {
            Property(name: name, schema: schema, required: false)
        }
    }

    /// An amount with its currency (law 9).
    public static let money = Schema.named(
        "Money",
        .object([
            .required("amount", .described(.integer(), "In the currency's minor unit: 980 is ¥980.")),
            .required("currency", .string(length: 3...3)),
        ]))
    /// An RFC 3339 time.
    public static let time = Schema.string(length: 20...30, format: .dateTime)
    /// A UUID.
    public static let uuid = Schema.string(length: 36...36, format: .uuid)
}

/// What is wrong with one field.
public struct FieldError: Sendable, Hashable {
    /// Where: `items[0].quantity`; empty for the whole.
    public let field: String
    /// A stable word: `missing`, `unknown`, `wrong_type`, `out_of_range`, `too_short`, `too_long`, `malformed`,
    /// `not_allowed`.
    public let code: String
    /// What to change, for a person; never repeats what was sent.
    public let detail: String

    /// A fault of a field.
    public init(field: String, code: String, detail: String) {
        self.field = field
        self.code = code
        self.detail = detail
    }
}
