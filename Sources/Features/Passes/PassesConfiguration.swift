public import Kernel
public import Payments

/// How an installation sells passes.
public struct PassesConfiguration: Sendable {
    /// What they cost.
    public var prices: PriceTable
    /// The days that day passes are counted by (S4-DATA-01).
    public var calendar: any DayCalendar
    /// Where buyers may come out: custom schemes and https links of the app; the first is the usual one (S4-URL-01).
    public var returnURLs: [String]
    /// What buyers read on the page.
    public var licenseName: String
    /// What buyers read on the page.
    public var daypassName: String
    /// How long a page takes payments, and how.
    public var page: CheckoutTerms
    /// What purchase tokens are made with; never stored.
    public var tokenKey: PurchaseTokenKey

    /// A configuration of these parts.
    public init(
        prices: PriceTable, calendar: any DayCalendar, returnURLs: [String], licenseName: String, daypassName: String,
        page: CheckoutTerms, tokenKey: PurchaseTokenKey
    ) {
        self.prices = prices
        self.calendar = calendar
        self.returnURLs = returnURLs
        self.licenseName = licenseName
        self.daypassName = daypassName
        self.page = page
        self.tokenKey = tokenKey
    }

    /// The price of a product for a device that was unlocked so often.
    func price(of product: ProductType, unlockCount: Int64) -> Money {
        product == .license ? prices.license : prices.daypass(afterUnlocks: unlockCount)
    }

    func name(of product: ProductType) -> String { product == .license ? licenseName : daypassName }

    /// Whether text may be a return address: a custom scheme or https with a host, http only to this machine, without a
    /// query or fragment, which are ours to add.
    public static func isReturnURL(_ text: String) -> Bool {
        guard text.utf8.count <= 1000, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !text.contains(where: { "?#{}<>\"\\^`|".contains($0) }),
            let colon = text.firstRange(of: "://"), colon.upperBound < text.endIndex
        else { return false }
        let scheme = text[..<colon.lowerBound]
        guard let first = scheme.utf8.first, (0x61...0x7A).contains(first),
            scheme.utf8.allSatisfy({
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0)
            })
        else { return false }
        switch scheme {
        case "javascript", "data", "file", "vbscript", "blob", "about", "ftp", "intent", "content", "view-source":
            return false
        case "http":
            let rest = text[colon.upperBound...]
            return ["127.0.0.1", "localhost"].contains {
                rest == $0 || rest.hasPrefix("\($0)/") || rest.hasPrefix("\($0):")
            }
        case "https": return !text[colon.upperBound...].contains("@") && text[colon.upperBound] != "/"
        default: return true
        }
    }
}
