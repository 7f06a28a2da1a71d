public import JSON

/// `POST /api/checkout/sessions`: a device begins to buy a licence or a day pass (S4-API-01).
public struct CheckoutSessionRequest: APIModel, Equatable {
    /// The device, by the name that its app keeps.
    public let deviceID: String
    /// `license` or `daypass`.
    public let productType: String
    /// What the app believes how often it was unlocked. Decides nothing; a difference is logged (law 1).
    public let unlockCount: Int64?
    /// Where the buyer comes out, one of the configured ones; nil for the first of them.
    public let returnURL: String?

    /// A request for a device.
    public init(deviceID: String, productType: String, unlockCount: Int64? = nil, returnURL: String? = nil) {
        self.deviceID = deviceID
        self.productType = productType
        self.unlockCount = unlockCount
        self.returnURL = returnURL
    }

    /// `CheckoutSessionRequest`.
    public static var schema: Schema {
        .named(
            "CheckoutSessionRequest",
            .object([
                .required("device_id", PassesSchema.deviceID), .required("product_type", PassesSchema.productType),
                .optional(
                    "unlock_count",
                    .described(.nullable(.integer()), "Ignored: the stored count decides. A difference is logged.")),
                .optional(
                    "return_url",
                    .described(.nullable(.string(length: 1...1000)), "One of the configured return addresses.")),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case deviceID = "device_id"
        case productType = "product_type"
        case unlockCount = "unlock_count"
        case returnURL = "return_url"
    }
}

/// A payment page for a device.
public struct CheckoutSessionResponse: APIModel, Equatable {
    /// The session at Stripe, `cs_…`.
    public let sessionID: String
    /// The page to open.
    public let checkoutURL: String
    /// When the page closes.
    public let expiresAt: TimeDTO
    /// The number of the purchase, for people.
    public let reference: Int64
    /// What it costs; fixed for this page.
    public let price: MoneyDTO

    /// A page of these parts.
    public init(sessionID: String, checkoutURL: String, expiresAt: TimeDTO, reference: Int64, price: MoneyDTO) {
        self.sessionID = sessionID
        self.checkoutURL = checkoutURL
        self.expiresAt = expiresAt
        self.reference = reference
        self.price = price
    }

    /// `CheckoutSession`.
    public static var schema: Schema {
        .named(
            "CheckoutSession",
            .object([
                .required("session_id", .string(length: 1...255)),
                .required("checkout_url", .string(length: 1...2000)), .required("expires_at", .time),
                .required("reference", .integer(1...Int64.max)), .required("price", .money),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case sessionID = "session_id"
        case checkoutURL = "checkout_url"
        case expiresAt = "expires_at"
        case reference
        case price
    }
}

/// `POST /license/confirm` and `POST /unlock/daypass`: the app came back from the page with its token.
public struct ConfirmPurchaseRequest: APIModel, Equatable {
    /// The device.
    public let deviceID: String
    /// What the return address carried.
    public let purchaseToken: HiddenTextDTO

    /// A device and its token.
    public init(deviceID: String, purchaseToken: HiddenTextDTO) {
        self.deviceID = deviceID
        self.purchaseToken = purchaseToken
    }

    /// `ConfirmPurchase`.
    public static var schema: Schema {
        .named(
            "ConfirmPurchase",
            .object([
                .required("device_id", PassesSchema.deviceID),
                .required("purchase_token", .string(length: 1...200)),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case deviceID = "device_id"
        case purchaseToken = "purchase_token"
    }
}

/// A purchase that is paid and delivered (S4-CONF-06). A repeat gets the same answer.
public struct PurchaseResponse: APIModel, Equatable {
    /// `confirmed`.
    public let status: String
    /// The number of the purchase, for people.
    public let reference: Int64
    /// `license` or `daypass`.
    public let productType: String
    /// What was paid.
    public let price: MoneyDTO
    /// When it was paid and delivered.
    public let paidAt: TimeDTO
    /// Whether the device has its licence by it.
    public let licensePurchased: Bool
    /// How often the device was unlocked, this purchase included; nil for a licence.
    public let unlockCount: Int64?
    /// The day that it unlocks, in the product's time zone: `2026-11-21`; nil for a licence, which has no end.
    public let lastUnlockDate: String?
    /// When that day ends; nil for a licence.
    public let unlockedUntil: TimeDTO?

    /// A delivered purchase.
    public init(
        reference: Int64, productType: String, price: MoneyDTO, paidAt: TimeDTO, licensePurchased: Bool,
        unlockCount: Int64?, lastUnlockDate: String?, unlockedUntil: TimeDTO?
    ) {
        status = "confirmed"
        self.reference = reference
        self.productType = productType
        self.price = price
        self.paidAt = paidAt
        self.licensePurchased = licensePurchased
        self.unlockCount = unlockCount
        self.lastUnlockDate = lastUnlockDate
        self.unlockedUntil = unlockedUntil
    }

    /// `Purchase`.
    public static var schema: Schema {
        .named(
            "Purchase",
            .object([
                .required("status", .oneOf(["confirmed"])), .required("reference", .integer(1...Int64.max)),
                .required("product_type", PassesSchema.productType), .required("price", .money),
                .required("paid_at", .time), .required("license_purchased", .boolean),
                .required("unlock_count", .nullable(.integer(0...Int64.max))),
                .required("last_unlock_date", .nullable(PassesSchema.day)),
                .required("unlocked_until", .nullable(.time)),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case status
        case reference
        case productType = "product_type"
        case price
        case paidAt = "paid_at"
        case licensePurchased = "license_purchased"
        case unlockCount = "unlock_count"
        case lastUnlockDate = "last_unlock_date"
        case unlockedUntil = "unlocked_until"
    }
}

/// The purchase is not paid yet, which is no failure (S4-CONF-10): ask again after `Retry-After`.
public struct PendingPurchaseResponse: APIModel, Equatable {
    /// `pending`.
    public let status: String
    /// The purchase.
    public let purchase: PendingPurchaseDTO

    /// A purchase that is under way.
    public init(_ purchase: PendingPurchaseDTO) {
        status = "pending"
        self.purchase = purchase
    }

    /// `PendingConfirmation`.
    public static var schema: Schema {
        .named(
            "PendingConfirmation",
            .object([.required("status", .oneOf(["pending"])), .required("purchase", PendingPurchaseDTO.schema)]))
    }

    private enum CodingKeys: String, CodingKey {
        case status
        case purchase
    }
}
