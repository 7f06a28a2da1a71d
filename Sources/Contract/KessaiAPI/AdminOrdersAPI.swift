public import JSON

/// An order as operators see it: ``OrderResponse`` and whose it is.
public struct AdminOrderResponse: APIModel, Equatable {
    /// The order; its members stand beside `user`.
    public let order: OrderResponse
    /// Whose it is; nil where buyers have no account.
    public let user: OrderUserDTO?

    /// An order of a user.
    public init(_ order: OrderResponse, user: OrderUserDTO?) {
        self.order = order
        self.user = user
    }

    /// Reads the order's members and the user.
    public init(from decoder: any Decoder) throws {
        order = try OrderResponse(from: decoder)
        user = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(OrderUserDTO.self, forKey: .user)
    }

    /// Writes the order's members and the user.
    public func encode(to encoder: any Encoder) throws {
        try order.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(user, forKey: .user)
    }

    /// What it looks like.
    public static var schema: Schema { .named("AdminOrder", .object(properties)) }

    static var properties: [Schema.Property] {
        OrderResponse.properties + [.required("user", .nullable(OrderUserDTO.schema))]
    }

    private enum CodingKeys: String, CodingKey {
        case user
    }
}

/// Whose an order is.
public struct OrderUserDTO: APIModel, Equatable {
    /// The user's id.
    public let id: String
    /// Their address; nil when the account is gone.
    public let email: HiddenTextDTO?

    /// A user.
    public init(id: String, email: HiddenTextDTO?) {
        self.id = id
        self.email = email
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "OrderUser",
            .object([
                .required("id", .string(length: 1...100)), .required("email", .nullable(.string(length: 3...254))),
            ]))
    }
}

/// An order with all that belongs to it, for operators.
public struct AdminOrderDetailResponse: APIModel, Equatable {
    /// The order; its members stand beside the others.
    public let order: AdminOrderResponse
    /// What Stripe received for it, oldest first.
    public let payments: [PaymentResponse]
    /// What was sent back, oldest first.
    public let refunds: [RefundResponse]
    /// What had or has to be decided, oldest first.
    public let reviews: [ReviewResponse]
    /// Its life, oldest first: the same as `kessai why` tells.
    public let story: [StoryLineDTO]

    /// An order and its relatives.
    public init(
        _ order: AdminOrderResponse, payments: [PaymentResponse], refunds: [RefundResponse],
        reviews: [ReviewResponse], story: [StoryLineDTO]
    ) {
        self.order = order
        self.payments = payments
        self.refunds = refunds
        self.reviews = reviews
        self.story = story
    }

    /// Reads the order's members and its relatives.
    public init(from decoder: any Decoder) throws {
        order = try AdminOrderResponse(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        payments = try container.decode([PaymentResponse].self, forKey: .payments)
        refunds = try container.decode([RefundResponse].self, forKey: .refunds)
        reviews = try container.decode([ReviewResponse].self, forKey: .reviews)
        story = try container.decode([StoryLineDTO].self, forKey: .story)
    }

    /// Writes the order's members and its relatives.
    public func encode(to encoder: any Encoder) throws {
        try order.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(payments, forKey: .payments)
        try container.encode(refunds, forKey: .refunds)
        try container.encode(reviews, forKey: .reviews)
        try container.encode(story, forKey: .story)
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "AdminOrderDetail",
            .object(
                AdminOrderResponse.properties + [
                    .required("payments", .array(PaymentResponse.schema)),
                    .required("refunds", .array(RefundResponse.schema)),
                    .required("reviews", .array(ReviewResponse.schema)),
                    .required("story", .array(StoryLineDTO.schema, count: 0...100_000)),
                ]))
    }

    private enum CodingKeys: String, CodingKey {
        case payments, refunds, reviews, story
    }
}

/// One line of an order's life.
public struct StoryLineDTO: APIModel, Equatable {
    /// When.
    public let at: TimeDTO
    /// `history`, `event`, `posting` or `job`.
    public let source: String
    /// What happened, in a stable word.
    public let what: String
    /// What set it off: `request req_…`, `event evt_…`.
    public let cause: String
    /// Facts by their names.
    public let facts: [String: String]

    /// A line.
    public init(at: TimeDTO, source: String, what: String, cause: String, facts: [String: String]) {
        self.at = at
        self.source = source
        self.what = what
        self.cause = cause
        self.facts = facts
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "StoryLine",
            .object([
                .required("at", .time), .required("source", .oneOf(["history", "event", "posting", "job"])),
                .required("what", .string()), .required("cause", .string()),
                .required("facts", .dictionary(.string(length: 0...100_000, multiline: true))),
            ]))
    }
}
