public import JSON

/// Something about an order's payment that an operator must decide.
public struct ReviewResponse: APIModel, Equatable {
    /// Its id.
    public let id: String
    /// The order.
    public let orderID: String
    /// The order's number for people.
    public let orderNumber: Int64
    /// `amount_mismatch`, `currency_mismatch`, `customer_mismatch`, `order_mismatch`, `paid_after_cancel`,
    /// `duplicate_payment`, `paid_during_review` or `refund_failed`.
    public let kind: String
    /// The payment intent that it is about.
    public let paymentIntentID: String
    /// When it was raised.
    public let createdAt: TimeDTO
    /// When it was resolved.
    public let resolvedAt: TimeDTO?
    /// The operator's note.
    public let note: String?

    /// A review of these parts.
    public init(
        id: String, orderID: String, orderNumber: Int64, kind: String, paymentIntentID: String, createdAt: TimeDTO,
        resolvedAt: TimeDTO?, note: String?
    ) {
        self.id = id
        self.orderID = orderID
        self.orderNumber = orderNumber
        self.kind = kind
        self.paymentIntentID = paymentIntentID
        self.createdAt = createdAt
        self.resolvedAt = resolvedAt
        self.note = note
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "Review",
            .object([
                .required("id", .uuid), .required("order_id", .uuid),
                .required("order_number", .integer(1...Int64.max)),
                .required("kind", .string(length: 1...50)),
                .required("payment_intent_id", .string(length: 1...255)), .required("created_at", .time),
                .required("resolved_at", .nullable(.time)), .required("note", .nullable(.string(multiline: true))),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case id, kind, note
        case orderID = "order_id"
        case orderNumber = "order_number"
        case paymentIntentID = "payment_intent_id"
        case createdAt = "created_at"
        case resolvedAt = "resolved_at"
    }
}

/// Closes a review.
public struct ResolveReviewRequest: APIModel, Equatable {
    /// What was decided.
    public let note: String

    /// A decision.
    public init(note: String) { self.note = note }

    /// What it looks like.
    public static var schema: Schema {
        .named("ResolveReview", .object([.required("note", .string(length: 1...500, multiline: true))]))
    }
}
