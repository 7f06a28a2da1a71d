public import JSON

/// How many rows or objects, and how much money of one currency.
public struct ReconciliationSumDTO: APIModel, Equatable {
    /// How many.
    public let rows: Int64
    /// How much, in the currency's minor unit.
    public let amount: Int64

    /// A sum of these parts.
    public init(rows: Int64, amount: Int64) {
        self.rows = rows
        self.amount = amount
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "ReconciliationSum",
            .object([
                .required("rows", .integer()),
                .required("amount", .described(.integer(), "In the currency's minor unit: 980 is ¥980.")),
            ]))
    }
}

/// One kind of money in one currency, on both sides.
public struct ReconciliationLineDTO: APIModel, Equatable {
    /// `charge` or `refund`.
    public let kind: String
    /// The lower-case ISO 4217 code.
    public let currency: String
    /// Stripe's side.
    public let atStripe: ReconciliationSumDTO
    /// Ours.
    public let here: ReconciliationSumDTO
    /// Stripe's less ours.
    public let difference: ReconciliationSumDTO
    /// How many objects have no row.
    public let onlyAtStripe: Int64
    /// How many rows have no object.
    public let onlyHere: Int64
    /// How many pairs differ.
    public let differing: Int64

    /// A line of these parts.
    public init(
        kind: String, currency: String, atStripe: ReconciliationSumDTO, here: ReconciliationSumDTO,
        difference: ReconciliationSumDTO, onlyAtStripe: Int64, onlyHere: Int64, differing: Int64
    ) {
        self.kind = kind
        self.currency = currency
        self.atStripe = atStripe
        self.here = here
        self.difference = difference
        self.onlyAtStripe = onlyAtStripe
        self.onlyHere = onlyHere
        self.differing = differing
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "ReconciliationLine",
            .object([
                .required("kind", .oneOf(["charge", "refund"])), .required("currency", .string(length: 3...3)),
                .required("at_stripe", ReconciliationSumDTO.schema), .required("here", ReconciliationSumDTO.schema),
                .required("difference", ReconciliationSumDTO.schema), .required("only_at_stripe", .integer()),
                .required("only_here", .integer()), .required("differing", .integer()),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case kind, currency, here, difference, differing
        case atStripe = "at_stripe"
        case onlyAtStripe = "only_at_stripe"
        case onlyHere = "only_here"
    }
}

/// A charge or refund that does not fit.
public struct ReconciliationDifferenceDTO: APIModel, Equatable {
    /// `charge` or `refund`.
    public let kind: String
    /// `only_at_stripe`, `only_here` or `differs`.
    public let side: String
    /// Stripe's id of it.
    public let stripeID: String
    /// The order, where a row names one.
    public let orderID: String?
    /// Stripe's amount, in the currency's minor unit.
    public let atStripe: Int64?
    /// Ours.
    public let here: Int64?
    /// The lower-case ISO 4217 code.
    public let currency: String
    /// Why it could not be healed.
    public let reason: String?

    /// A difference of these parts.
    public init(
        kind: String, side: String, stripeID: String, orderID: String?, atStripe: Int64?, here: Int64?,
        currency: String, reason: String?
    ) {
        self.kind = kind
        self.side = side
        self.stripeID = stripeID
        self.orderID = orderID
        self.atStripe = atStripe
        self.here = here
        self.currency = currency
        self.reason = reason
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "ReconciliationDifference",
            .object([
                .required("kind", .oneOf(["charge", "refund"])),
                .required("side", .oneOf(["only_at_stripe", "only_here", "differs"])),
                .required("stripe_id", .string(length: 1...255)), .required("order_id", .nullable(.uuid)),
                .required("at_stripe", .nullable(.integer())), .required("here", .nullable(.integer())),
                .required("currency", .string(length: 3...3)), .required("reason", .nullable(.string(length: 1...100))),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case kind, side, here, currency, reason
        case stripeID = "stripe_id"
        case orderID = "order_id"
        case atStripe = "at_stripe"
    }
}

/// What was seen at Stripe that is not this installation's.
public struct ReconciliationForeignDTO: APIModel, Equatable {
    /// `charge`, `refund`, `dispute` or `payment_intent`.
    public let kind: String
    /// The lower-case ISO 4217 code.
    public let currency: String
    /// How many, and how much.
    public let sum: ReconciliationSumDTO

    /// What is not ours, of these parts.
    public init(kind: String, currency: String, sum: ReconciliationSumDTO) {
        self.kind = kind
        self.currency = currency
        self.sum = sum
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "ReconciliationForeign",
            .object([
                .required("kind", .string(length: 1...50)), .required("currency", .string(length: 3...3)),
                .required("sum", ReconciliationSumDTO.schema),
            ]))
    }
}
