/// A parameter of an endpoint: declared once, validated from here.
struct Parameter: Sendable {
    let name: String
    let kind: Kind
    /// Whether a request without it is refused.
    var isRequired = false
    /// Whether an empty text unsets it.
    var isEmptyable = false
    /// Whether Stripe takes it and this sandbox does not simulate what it asks for: then it is refused in clear
    /// words instead of being ignored.
    var isUnsimulated = false
    /// The version that took it away, and what is said to those who still send it.
    var removal: Removal?

    struct Removal: Sendable {
        let version: APIVersion
        let code: String
        let message: String
    }

    /// What a parameter's text must be.
    indirect enum Kind: Sendable {
        /// Text of at most so many characters.
        case text(max: Int)
        /// A whole number.
        case integer
        /// `true` or `false`.
        case boolean
        /// One of these words.
        case word([String])
        /// Elements of one kind; by index or by `[]`.
        case list(Kind)
        /// Exactly these members.
        case hash([Parameter])
        /// 50 keys of 40 characters with values of 500, kept as text.
        case metadata
        /// The first of these that fits.
        case either([Kind])
    }

    init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }

    /// Text of at most 5000 characters.
    static func text(_ name: String, max: Int = 5000) -> Parameter { Parameter(name, .text(max: max)) }
    /// A whole number.
    static func integer(_ name: String) -> Parameter { Parameter(name, .integer) }
    /// True or false.
    static func boolean(_ name: String) -> Parameter { Parameter(name, .boolean) }
    /// One of the words, separated by spaces.
    static func word(_ name: String, _ words: String) -> Parameter {
        Parameter(name, .word(words.split(separator: " ").map(String.init)))
    }
    /// A hash of these members.
    static func hash(_ name: String, _ members: [Parameter]) -> Parameter { Parameter(name, .hash(members)) }
    /// A list of elements of one kind.
    static func list(_ name: String, of kind: Kind) -> Parameter { Parameter(name, .list(kind)) }
    /// What Stripe takes and this sandbox does not simulate.
    static func unsimulated(_ name: String) -> Parameter {
        var parameter = Parameter(name, .text(max: 5000))
        parameter.isUnsimulated = true
        return parameter
    }

    /// The same, but it must be given.
    var required: Parameter {
        var copy = self
        copy.isRequired = true
        return copy
    }

    /// The same, and an empty text unsets it.
    var emptyable: Parameter {
        var copy = self
        copy.isEmptyable = true
        return copy
    }

    /// The same until a version, which refuses it with a code of its own.
    func removed(in version: APIVersion, code: String, message: String) -> Parameter {
        var copy = self
        copy.removal = Removal(version: version, code: code, message: message)
        return copy
    }
}

extension Parameter {
    /// Own facts of whoever made the object; update merges keys.
    static let metadata = Parameter("metadata", .metadata)
    /// Which references to answer in full.
    static let expand = Parameter.list("expand", of: .text(max: 500))
    /// The cursors and the size of a page.
    static let paging: [Parameter] = [
        .text("ending_before"), .integer("limit"), .text("starting_after"),
    ]
    /// A moment, or a span of them.
    static let created = Parameter(
        "created", .either([.hash([.integer("gt"), .integer("gte"), .integer("lt"), .integer("lte")]), .integer]))

    /// An address, whose members each may be emptied.
    static func address(_ name: String = "address") -> Parameter {
        let members = ["city", "country", "line1", "line2", "postal_code", "state"]
        return .hash(name, members.map { Parameter.text($0).emptyable })
    }

    /// Where something is sent, as customers have it.
    static let customerShipping = Parameter.hash(
        "shipping", [Parameter.address().required, Parameter.text("name").required, .text("phone")])
    /// Where something is sent, as payments have it.
    static let shipping = Parameter.hash(
        "shipping",
        [
            Parameter.address().required, .text("carrier"), Parameter.text("name").required, .text("phone"),
            .text("tracking_number"),
        ])
    /// Who pays, as the card's bank knows them.
    static let billingDetails = Parameter.hash(
        "billing_details",
        [
            Parameter.address().emptyable, Parameter.text("email").emptyable, Parameter.text("name").emptyable,
            Parameter.text("phone").emptyable, .text("tax_id"),
        ])
}
