public import JSON

/// A product as buyers and operators see it.
public struct ProductResponse: APIModel, Equatable {
    /// Its id.
    public let id: String
    /// What it is called.
    public let name: String
    /// What it is.
    public let description: String
    /// The price of one.
    public let unitAmount: MoneyDTO
    /// How many are left; nil when it does not run out.
    public let stock: Int64?
    /// Whether it is sold.
    public let active: Bool

    /// A product of these parts.
    public init(
        id: String, name: String, description: String, unitAmount: MoneyDTO, stock: Int64?, active: Bool
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.unitAmount = unitAmount
        self.stock = stock
        self.active = active
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "Product",
            .object([
                .required("id", .string(length: 1...64)), .required("name", .string(length: 1...200)),
                .required("description", .string(length: 0...2000, multiline: true)),
                .required("unit_amount", .money), .required("stock", .nullable(.integer(0...1_000_000_000))),
                .required("active", .boolean),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, description, stock, active
        case unitAmount = "unit_amount"
    }
}

/// A product that an operator adds.
public struct CreateProductRequest: APIModel, Equatable {
    /// An id of the operator's own (a SKU); made when nil.
    public let id: String?
    /// What it is called.
    public let name: String
    /// What it is.
    public let description: String?
    /// The price of one.
    public let unitAmount: MoneyDTO
    /// How many there are; nil when it does not run out.
    public let stock: Int64?
    /// Whether it is sold; true when nil.
    public let active: Bool?

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "CreateProduct",
            .object([
                .optional("id", .nullable(.word(length: 1...64, others: "._-"))),
                .required("name", .string(length: 1...200)),
                .optional("description", .nullable(.string(length: 0...2000, multiline: true))),
                .required(
                    "unit_amount",
                    .object([
                        .required("amount", .integer(1...99_999_999)), .required("currency", .string(length: 3...3)),
                    ])),
                .optional("stock", .nullable(.integer(0...1_000_000_000))),
                .optional("active", .nullable(.boolean)),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, description, stock, active
        case unitAmount = "unit_amount"
    }
}
