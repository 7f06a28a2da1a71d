public import JSON

/// Asks for the payment of an order to be opened.
public struct CreateIntentRequest: APIModel, Equatable {
    /// The order: a number is its number, text is its id.
    public let orderID: OrderName
    /// What the client believes it costs. Decides nothing; a difference is logged.
    public let amount: Int64?

    /// An order by its number or id.
    public enum OrderName: Codable, Sendable, Equatable {
        /// By number.
        case number(Int64)
        /// By id.
        case id(String)

        /// Reads a number or text.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int64.self) {  // Text is tried next.
                self = .number(number)
            } else {
                self = .id(try container.decode(String.self))
            }
        }

        /// Writes a number or text.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .number(let number): try container.encode(number)
            case .id(let id): try container.encode(id)
            }
        }
    }

    /// A request for an order.
    public init(orderID: OrderName, amount: Int64? = nil) {
        self.orderID = orderID
        self.amount = amount
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "CreateIntent",
            .object([
                .required("order_id", .either([.integer(1...Int64.max), .uuid])),
                .optional(
                    "amount",
                    .described(.nullable(.integer()), "Ignored: the server names the price. A difference is logged.")),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case orderID = "order_id"
        case amount
    }
}

/// What the buyer's client confirms the payment with.
public struct IntentResponse: APIModel, Equatable {
    /// For Stripe.js or the mobile SDKs; shown to the buyer only.
    public let clientSecret: HiddenTextDTO
    /// The intent at Stripe.
    public let paymentIntentID: String
    /// What will be charged, in minor units: the order's total.
    public let amount: Int64
    /// The currency.
    public let currency: String
    /// Stripe's publishable key, for Stripe.js; nil where none is configured.
    public let publishableKey: String?

    /// An opened payment.
    public init(
        clientSecret: HiddenTextDTO, paymentIntentID: String, amount: Int64, currency: String,
        publishableKey: String? = nil
    ) {
        self.publishableKey = publishableKey
        self.clientSecret = clientSecret
        self.paymentIntentID = paymentIntentID
        self.amount = amount
        self.currency = currency
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "Intent",
            .object([
                .required("client_secret", .string(length: 1...500)),
                .required("payment_intent_id", .string(length: 1...255)), .required("amount", .integer(1...Int64.max)),
                .required("currency", .string(length: 3...3)),
                .required("publishable_key", .nullable(.string(length: 1...500))),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case clientSecret = "client_secret"
        case paymentIntentID = "payment_intent_id"
        case amount, currency
        case publishableKey = "publishable_key"
    }
}

/// Asks for money to be sent back.
public struct CreateRefundRequest: APIModel, Equatable {
    /// How much, in minor units; nil is all that is left.
    public let amount: Int64?
    /// One of Stripe's words; `requested_by_customer` when nil.
    public let reason: String?
    /// Which payment; nil is the one that paid the order, else the oldest that is owed back.
    public let paymentIntentID: String?

    /// A refund to ask for.
    public init(amount: Int64? = nil, reason: String? = nil, paymentIntentID: String? = nil) {
        self.amount = amount
        self.reason = reason
        self.paymentIntentID = paymentIntentID
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "CreateRefund",
            .object([
                .optional("amount", .nullable(.integer(1...99_999_999))),
                .optional("reason", .nullable(.oneOf(["duplicate", "fraudulent", "requested_by_customer"]))),
                .optional("payment_intent_id", .nullable(.string(length: 1...255))),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case amount, reason
        case paymentIntentID = "payment_intent_id"
    }
}

/// Money on its way back.
public struct RefundResponse: APIModel, Equatable {
    /// Our id of it.
    public let id: String
    /// The order.
    public let orderID: String
    /// The payment that it goes out of.
    public let paymentID: String
    /// `submitted` (Stripe's answer is not known yet), `pending`, `succeeded`, `failed`, `canceled` or `refused`.
    public let status: String
    /// How much.
    public let amount: MoneyDTO
    /// Why.
    public let reason: String
    /// Stripe's id of it, when known.
    public let stripeRefundID: String?
    /// When it was asked for.
    public let createdAt: TimeDTO

    /// A refund of these parts.
    public init(
        id: String, orderID: String, paymentID: String, status: String, amount: MoneyDTO, reason: String,
        stripeRefundID: String?, createdAt: TimeDTO
    ) {
        self.id = id
        self.orderID = orderID
        self.paymentID = paymentID
        self.status = status
        self.amount = amount
        self.reason = reason
        self.stripeRefundID = stripeRefundID
        self.createdAt = createdAt
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "Refund",
            .object([
                .required("id", .uuid), .required("order_id", .uuid),
                .required("payment_id", .uuid),
                .required(
                    "status", .oneOf(["submitted", "pending", "succeeded", "failed", "canceled", "refused"])),
                .required("amount", .money), .required("reason", .string(length: 1...100)),
                .required("stripe_refund_id", .nullable(.string(length: 1...255))), .required("created_at", .time),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case id, status, amount, reason
        case orderID = "order_id"
        case paymentID = "payment_id"
        case stripeRefundID = "stripe_refund_id"
        case createdAt = "created_at"
    }
}
