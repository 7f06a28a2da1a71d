public import JSON

/// Money that Stripe received for an order.
public struct PaymentResponse: APIModel, Equatable {
    /// Our id of it.
    public let id: String
    /// The order.
    public let orderID: String
    /// The order's number for people.
    public let orderNumber: Int64
    /// The intent at Stripe.
    public let paymentIntentID: String
    /// The charge at Stripe, when known.
    public let chargeID: String?
    /// How much.
    public let amount: MoneyDTO
    /// Whether it paid the order; otherwise it is owed back.
    public let applied: Bool
    /// When it was recorded.
    public let createdAt: TimeDTO

    /// A payment of these parts.
    public init(
        id: String, orderID: String, orderNumber: Int64, paymentIntentID: String, chargeID: String?, amount: MoneyDTO,
        applied: Bool, createdAt: TimeDTO
    ) {
        self.id = id
        self.orderID = orderID
        self.orderNumber = orderNumber
        self.paymentIntentID = paymentIntentID
        self.chargeID = chargeID
        self.amount = amount
        self.applied = applied
        self.createdAt = createdAt
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "Payment",
            .object([
                .required("id", .uuid), .required("order_id", .uuid),
                .required("order_number", .integer(1...Int64.max)),
                .required("payment_intent_id", .string(length: 1...255)),
                .required("charge_id", .nullable(.string(length: 1...255))), .required("amount", .money),
                .required("applied", .boolean), .required("created_at", .time),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case id, amount, applied
        case orderID = "order_id"
        case orderNumber = "order_number"
        case paymentIntentID = "payment_intent_id"
        case chargeID = "charge_id"
        case createdAt = "created_at"
    }
}
