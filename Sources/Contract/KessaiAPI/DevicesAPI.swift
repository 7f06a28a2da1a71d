public import JSON

/// A purchase under way.
public struct PendingPurchaseDTO: APIModel, Equatable {
    /// The number of the purchase, for people.
    public let reference: Int64
    /// `license` or `daypass`.
    public let productType: String
    /// `open`: the page waits for the buyer. `processing`: the buyer has finished and the money comes later.
    /// `delivery_pending`: it is paid, and its delivery is tried again. `needs_review`: money came that does not fit, and a
    /// person decides.
    public let state: String
    /// What it costs.
    public let price: MoneyDTO
    /// What to do, in Japanese and English.
    public let guidance: String

    /// A purchase of these parts.
    public init(reference: Int64, productType: String, state: String, price: MoneyDTO, guidance: String) {
        self.reference = reference
        self.productType = productType
        self.state = state
        self.price = price
        self.guidance = guidance
    }

    /// `PendingPurchase`.
    public static var schema: Schema {
        .named(
            "PendingPurchase",
            .object([
                .required("reference", .integer(1...Int64.max)),
                .required("product_type", PassesSchema.productType),
                .required("state", .oneOf(["open", "processing", "delivery_pending", "needs_review"])),
                .required("price", .money), .required("guidance", .string()),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case reference
        case productType = "product_type"
        case state
        case price
        case guidance
    }
}

/// What a device has (S4-CONF-04).
public struct DeviceResponse: APIModel, Equatable {
    /// The device.
    public let deviceID: String
    /// Whether it has its licence, for ever.
    public let licensePurchased: Bool
    /// Since when.
    public let licensePurchasedAt: TimeDTO?
    /// Whether it may be used now, by licence or day pass.
    public let unlocked: Bool
    /// Until when, the end of the day in the product's time zone; nil without end, or when it is locked.
    public let unlockedUntil: TimeDTO?
    /// How many day passes it has had.
    public let unlockCount: Int64
    /// The day of its last day pass, `2026-11-21`.
    public let lastUnlockDate: String?
    /// The zone that days are counted in: `Asia/Tokyo`.
    public let timeZone: String
    /// What the next day pass costs; nil when the device needs none any more.
    public let nextPrice: MoneyDTO?
    /// What the licence costs; nil when the device has it.
    public let licensePrice: MoneyDTO?
    /// Purchases under way.
    public let pendingPurchases: [PendingPurchaseDTO]

    /// A device of these parts.
    public init(
        deviceID: String, licensePurchased: Bool, licensePurchasedAt: TimeDTO?, unlocked: Bool,
        unlockedUntil: TimeDTO?, unlockCount: Int64, lastUnlockDate: String?, timeZone: String,
        nextPrice: MoneyDTO?, licensePrice: MoneyDTO?, pendingPurchases: [PendingPurchaseDTO]
    ) {
        self.deviceID = deviceID
        self.licensePurchased = licensePurchased
        self.licensePurchasedAt = licensePurchasedAt
        self.unlocked = unlocked
        self.unlockedUntil = unlockedUntil
        self.unlockCount = unlockCount
        self.lastUnlockDate = lastUnlockDate
        self.timeZone = timeZone
        self.nextPrice = nextPrice
        self.licensePrice = licensePrice
        self.pendingPurchases = pendingPurchases
    }

    /// `Device`.
    public static var schema: Schema {
        .named(
            "Device",
            .object([
                .required("device_id", PassesSchema.deviceID), .required("license_purchased", .boolean),
                .required("license_purchased_at", .nullable(.time)), .required("unlocked", .boolean),
                .required("unlocked_until", .nullable(.time)), .required("unlock_count", .integer(0...Int64.max)),
                .required("last_unlock_date", .nullable(PassesSchema.day)),
                .required("time_zone", .string(length: 1...64)), .required("next_price", .nullable(.money)),
                .required("license_price", .nullable(.money)),
                .required("pending_purchases", .array(PendingPurchaseDTO.schema, count: 0...2)),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case deviceID = "device_id"
        case licensePurchased = "license_purchased"
        case licensePurchasedAt = "license_purchased_at"
        case unlocked
        case unlockedUntil = "unlocked_until"
        case unlockCount = "unlock_count"
        case lastUnlockDate = "last_unlock_date"
        case timeZone = "time_zone"
        case nextPrice = "next_price"
        case licensePrice = "license_price"
        case pendingPurchases = "pending_purchases"
    }
}

extension DeviceResponse {
    /// What names a device.
    public static var idSchema: Schema { PassesSchema.deviceID }
}

/// What members of several models look like.
enum PassesSchema {
    static let deviceID = Schema.described(
        .word(length: 8...128, others: "._:-"), "Letters, digits, and . _ : - ; made by the app, such as a UUID.")
    static let productType = Schema.oneOf(["license", "daypass"])
    static let day = Schema.string(length: 10...10)
}
