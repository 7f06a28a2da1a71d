public import JSON

/// An order as its buyer and operators see it.
public struct OrderResponse: APIModel, Equatable {
    /// The id, a UUID.
    public let id: String
    /// The number for people; accepted wherever an order is named.
    public let number: Int64
    /// `pending`, `awaiting_payment`, `paid`, `partially_refunded`, `refunded`, `canceled` or `needs_review`.
    public let status: String
    /// Which feature sold it.
    public let seller: String
    /// What is charged.
    public let total: MoneyDTO
    /// How much of it went back.
    public let refunded: MoneyDTO
    /// Whether the buyer's bank disputes the payment.
    public let disputed: Bool
    /// The current payment intent at Stripe.
    public let paymentIntentID: String?
    /// The lines.
    public let items: [OrderItemDTO]
    /// When it was placed.
    public let createdAt: TimeDTO
    /// When it is canceled if still unpaid.
    public let expiresAt: TimeDTO
    /// Since when it is being canceled.
    public let cancelRequestedAt: TimeDTO?
    /// When it was canceled.
    public let canceledAt: TimeDTO?
    /// When it was paid and fulfilled.
    public let paidAt: TimeDTO?

    /// An order of these parts.
    public init(
        id: String, number: Int64, status: String, seller: String, total: MoneyDTO, refunded: MoneyDTO,
        disputed: Bool, paymentIntentID: String?, items: [OrderItemDTO], createdAt: TimeDTO, expiresAt: TimeDTO,
        cancelRequestedAt: TimeDTO?, canceledAt: TimeDTO?, paidAt: TimeDTO?
    ) {
        self.id = id
        self.number = number
        self.status = status
        self.seller = seller
        self.total = total
        self.refunded = refunded
        self.disputed = disputed
        self.paymentIntentID = paymentIntentID
        self.items = items
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.cancelRequestedAt = cancelRequestedAt
        self.canceledAt = canceledAt
        self.paidAt = paidAt
    }

    /// What it looks like.
    public static var schema: Schema {
        .named("Order", .object(properties))
    }

    static var properties: [Schema.Property] {
        [
            .required("id", .uuid), .required("number", .integer(1...Int64.max)),
            .required("status", .oneOf(statuses)), .required("seller", .string(length: 1...50)),
            .required("total", .money), .required("refunded", .money), .required("disputed", .boolean),
            .required("payment_intent_id", .nullable(.string(length: 1...255))),
            .required("items", .array(OrderItemDTO.schema)), .required("created_at", .time),
            .required("expires_at", .time), .required("cancel_requested_at", .nullable(.time)),
            .required("canceled_at", .nullable(.time)), .required("paid_at", .nullable(.time)),
        ]
    }

    /// Every status there is.
    public static let statuses = [
        "pending", "awaiting_payment", "paid", "partially_refunded", "refunded", "canceled", "needs_review",
    ]

    private enum CodingKeys: String, CodingKey {
        case id, number, status, seller, total, refunded, disputed, items
        case paymentIntentID = "payment_intent_id"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case cancelRequestedAt = "cancel_requested_at"
        case canceledAt = "canceled_at"
        case paidAt = "paid_at"
    }
}

/// A line of an order, priced by the server.
public struct OrderItemDTO: APIModel, Equatable {
    /// The product.
    public let productID: String
    /// What it was called when it was ordered.
    public let description: String
    /// How many.
    public let quantity: Int64
    /// The price of one.
    public let unitAmount: MoneyDTO
    /// The price of all.
    public let amount: MoneyDTO

    /// A line of these parts.
    public init(productID: String, description: String, quantity: Int64, unitAmount: MoneyDTO, amount: MoneyDTO) {
        self.productID = productID
        self.description = description
        self.quantity = quantity
        self.unitAmount = unitAmount
        self.amount = amount
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "OrderItem",
            .object([
                .required("product_id", .string(length: 1...64)), .required("description", .string(length: 1...200)),
                .required("quantity", .integer(1...Int64.max)), .required("unit_amount", .money),
                .required("amount", .money),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case description, quantity, amount
        case productID = "product_id"
        case unitAmount = "unit_amount"
    }
}

/// A cart that is to be ordered. It names no price: the server does (law 1).
public struct CreateOrderRequest: APIModel, Equatable {
    /// What is wanted, 1 to 50 different products.
    public let items: [Item]

    /// A product and how many of it.
    public struct Item: APIModel, Equatable {
        /// The product.
        public let productID: String
        /// How many, 1 to 9,999.
        public let quantity: Int64

        /// So many of a product.
        public init(productID: String, quantity: Int64) {
            self.productID = productID
            self.quantity = quantity
        }

        /// What it looks like.
        public static var schema: Schema {
            .object([.required("product_id", .string(length: 1...64)), .required("quantity", .integer(1...9999))])
        }

        private enum CodingKeys: String, CodingKey {
            case quantity
            case productID = "product_id"
        }
    }

    /// A cart.
    public init(items: [Item]) { self.items = items }

    /// What it looks like.
    public static var schema: Schema {
        .named("CreateOrder", .object([.required("items", .array(Item.schema, count: 1...50))]))
    }
}
