internal import HTTP
internal import Kernel
internal import PageKit

/// What an app would keep in its own storage, in cookies: which device it is, and what it has bought but not confirmed.
///
/// `HttpOnly`, as no script needs them. `SameSite=Lax` and not `Strict`: the way back from Stripe's page is a navigation
/// from another site, and with `Strict` the browser would leave them out and the device would look like a new one.
struct DeviceCookies: Sendable {
    let isSecure: Bool
    let idPrefix: String

    private static let deviceName = "kessai_device"
    private static let purchaseName = "kessai_purchase"
    /// As long as browsers keep any cookie.
    private static let deviceSeconds = 400 * 24 * 3600
    /// Longer than a payment at a convenience store takes.
    private static let purchaseSeconds = 7 * 24 * 3600

    private var attributes: String { "HttpOnly; SameSite=Lax; Path=/device" + (isSecure ? "; Secure" : "") }

    /// A name that nobody can guess: who knows it sees what the device has.
    func newDevice(_ random: any RandomSource) -> String { idPrefix + random.alphanumerics(22) }

    /// The device of a request; nil when it has none, or one that is none of ours.
    func device(of request: HTTPRequest) -> String? {
        request.cookie(Self.deviceName).flatMap { id in
            id.hasPrefix(idPrefix) && (8...128).contains(id.utf8.count) && id.utf8.allSatisfy(\.isOfTokens) ? id : nil
        }
    }

    func keeping(device id: String) -> String {
        "\(Self.deviceName)=\(id); Max-Age=\(Self.deviceSeconds); \(attributes)"
    }

    func purchase(of request: HTTPRequest) -> KeptPurchase? {
        guard let value = request.cookie(Self.purchaseName), let dot = value.firstIndex(of: ".") else { return nil }
        return KeptPurchase(product: String(value[..<dot]), token: String(value[value.index(after: dot)...]))
    }

    func keeping(_ purchase: KeptPurchase) -> String {
        "\(Self.purchaseName)=\(purchase.product).\(purchase.token.reveal()); Max-Age=\(Self.purchaseSeconds); \(attributes)"
    }

    var forgettingPurchase: String { "\(Self.purchaseName)=; Max-Age=0; \(attributes)" }
}

/// A purchase that waits for its confirmation.
struct KeptPurchase: Sendable {
    /// `license` or `daypass`.
    let product: String
    let token: Secret

    /// Nil for what cannot be a product and its token.
    init?(product: String, token: String) {
        guard product == "license" || product == "daypass", (1...200).contains(token.utf8.count),
            token.utf8.allSatisfy(\.isOfTokens)
        else { return nil }
        self.product = product
        self.token = Secret(token)
    }

    /// What the way back from Stripe's page brought; nil when it is not whole.
    init?(_ context: RequestContext) {
        self.init(product: context.query("product_type") ?? "", token: context.query("purchase_token") ?? "")
    }

    /// Where the app confirms it.
    var confirmationPath: String { product == "license" ? "/api/license/confirm" : "/api/unlock/daypass" }
}

extension UInt8 {
    /// Whether ids and tokens may have it: letters, digits, `-` and `_`.
    fileprivate var isOfTokens: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }
}
