internal import Kernel
public import Passes
internal import Payments
internal import TimeZones

/// How licences and day passes for devices are sold (S4-SESS-04).
public struct PassesSettings: Sendable {
    /// `PASSES_LICENSE_PRICE` and `PASSES_DAYPASS_PRICES`, in `PASSES_CURRENCY` (default `jpy`).
    public var prices: PriceTable
    /// `PASSES_TIME_ZONE`: a name of the IANA database; default `Asia/Tokyo`.
    public var timeZone: String
    /// `PASSES_RETURN_URLS`: where buyers may come out, several separated by commas.
    public var returnURLs: [String]
    /// `PASSES_LICENSE_NAME`; default `ライセンス`.
    public var licenseName: String
    /// `PASSES_DAYPASS_NAME`; default `1日パス`.
    public var daypassName: String
    /// `PASSES_PAGE_MINUTES`: how long a page takes payments, 31 to 1440; default 60.
    public var pageMinutes: Int
    /// `PASSES_PAGE_LOCALE`: the page's language, `ja`, `en`; default the browser's.
    public var pageLocale: String?
    /// `PASSES_PAYMENT_METHODS`: the only means of payment that are offered, by Stripe's words, separated by commas;
    /// default those of the Stripe account.
    public var paymentMethods: [String]
}

extension SettingsReader {
    static let passesNames = [
        "PASSES_LICENSE_PRICE", "PASSES_DAYPASS_PRICES", "PASSES_CURRENCY", "PASSES_TIME_ZONE", "PASSES_RETURN_URLS",
        "PASSES_LICENSE_NAME", "PASSES_DAYPASS_NAME", "PASSES_PAGE_MINUTES", "PASSES_PAGE_LOCALE",
        "PASSES_PAYMENT_METHODS",
    ]

    /// The settings of passes; nil when none is set, or one is wrong.
    mutating func passes() -> PassesSettings? {
        guard Self.passesNames.contains(where: { value($0) != nil }) else { return nil }
        let prices = priceTable()
        let zone = value("PASSES_TIME_ZONE") ?? "Asia/Tokyo"
        if ZonedDays(zone: zone) == nil { fail("PASSES_TIME_ZONE", "must be a zone's name, such as Asia/Tokyo") }
        let urls = words("PASSES_RETURN_URLS")
        if urls.isEmpty {
            fail(
                "PASSES_RETURN_URLS", "is required to sell passes: where buyers come out, such as timekeeper://purchase"
            )
        } else if !urls.allSatisfy(PassesConfiguration.isReturnURL) {
            fail(
                "PASSES_RETURN_URLS",
                "must be links of the app's own scheme or of https, without a query or fragment, separated by commas")
        }
        let locale = value("PASSES_PAGE_LOCALE")
        if let locale, !(2...6).contains(locale.utf8.count) {
            fail("PASSES_PAGE_LOCALE", "must be one of Stripe's, such as ja")
        }
        let methods = words("PASSES_PAYMENT_METHODS")
        if !methods.allSatisfy({
            $0.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
        }) {
            fail("PASSES_PAYMENT_METHODS", "must be Stripe's words, such as card,konbini")
        }
        let minutes = number("PASSES_PAGE_MINUTES", in: 31...1440, default: 60)
        guard let prices else { return nil }
        return PassesSettings(
            prices: prices, timeZone: zone, returnURLs: urls, licenseName: name("PASSES_LICENSE_NAME", "ライセンス"),
            daypassName: name("PASSES_DAYPASS_NAME", "1日パス"), pageMinutes: minutes, pageLocale: locale,
            paymentMethods: methods)
    }

    private mutating func priceTable() -> PriceTable? {
        guard let currency = Currency(value("PASSES_CURRENCY") ?? "jpy"), currency.isChargeable else {
            fail("PASSES_CURRENCY", "must be a currency that Stripe charges, such as jpy")
            return nil
        }
        guard let license = value("PASSES_LICENSE_PRICE"), let licenseMinor = Int64(license) else {
            fail("PASSES_LICENSE_PRICE", "must be a whole number in the currency's minor unit, such as 4800")
            return nil
        }
        let steps = words("PASSES_DAYPASS_PRICES").map { word -> PriceTable.Step? in
            let parts = word.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
            guard parts.count == 2, let count = parts[0], let amount = parts[1] else { return nil }
            return PriceTable.Step(fromCount: count, amountMinor: amount)
        }
        let table = PriceTable(license: Money(licenseMinor, currency), daypass: steps.compactMap { $0 })
        guard let table, !steps.contains(nil) else {
            let step = currency.chargeStepMinor > 1 ? " and multiples of \(currency.chargeStepMinor)" : ""
            fail(
                "PASSES_DAYPASS_PRICES",
                "must be steps COUNT:PRICE, the first from 0, ascending, such as 0:120,3:240,10:480; all prices within "
                    + "\(currency.minimumChargeMinor) to \(currency.maximumChargeMinor)\(step), the licence's too")
            return nil
        }
        return table
    }

    private mutating func name(_ name: String, _ fallback: String) -> String {
        let text = value(name) ?? fallback
        if text.utf8.count > 250 { fail(name, "must have at most 250 bytes") }
        return text
    }
}

extension PassesConfiguration {
    /// The configuration of settings that were read: their zone is known. The key of tokens is derived from Stripe's
    /// secret key, which lies in no database.
    init?(_ settings: Settings) {
        guard let passes = settings.passes, let calendar = ZonedDays(zone: passes.timeZone) else { return nil }
        self.init(
            prices: passes.prices, calendar: calendar, returnURLs: passes.returnURLs, licenseName: passes.licenseName,
            daypassName: passes.daypassName,
            page: CheckoutTerms(
                lifetime: .seconds(passes.pageMinutes * 60), locale: passes.pageLocale,
                paymentMethodTypes: passes.paymentMethods),
            tokenKey: PurchaseTokenKey(derivedFrom: settings.stripeSecretKey))
    }
}
