/// An ISO 4217 currency as Stripe charges it: three lower-case letters.
public struct Currency: Hashable, Sendable, CustomStringConvertible {
    /// The lower-case code, `jpy`.
    public let code: String

    /// The yen, whose minor unit is the yen itself.
    public static let jpy = Currency(knownCode: "jpy")
    /// The US dollar, in cents.
    public static let usd = Currency(knownCode: "usd")
    /// The euro, in cents.
    public static let eur = Currency(knownCode: "eur")

    private init(knownCode: String) { code = knownCode }

    /// A currency from its code, in any case; nil unless it is three ASCII letters.
    public init?(_ code: some StringProtocol) {
        // Letter by letter: Unicode knows other letters, such as the Kelvin sign, whose lower case is ASCII.
        guard code.utf8.count == 3, code.utf8.allSatisfy({ (0x61...0x7A).contains($0 | 0x20) }) else { return nil }
        self.code = code.utf8.allSatisfy { $0 >= 0x61 } ? String(code) : code.lowercased()
    }

    /// How many decimal digits the minor unit has: 0 for JPY, 3 for KWD, 2 for most.
    /// Source: Stripe's list of zero-decimal and three-decimal currencies.
    public var minorUnitDigits: Int {
        if Self.zeroDecimal.contains(code) { return 0 }
        return Self.threeDecimal.contains(code) ? 3 : 2
    }

    /// Whether Stripe charges in it; its list of presentment currencies.
    public var isChargeable: Bool { Self.chargeable.contains(code) }

    /// The least that Stripe charges, in minor units; 1 where Stripe publishes none.
    public var minimumChargeMinor: Int64 { Self.minimumCharges[code] ?? 1 }

    /// The most that one charge may be, in minor units: Stripe takes eight digits.
    public var maximumChargeMinor: Int64 { 99_999_999 }

    /// Of what a charge must be a multiple, in minor units. Source: Stripe's special cases of currencies: the last digit of
    /// three-decimal ones must be 0, and `isk` and `ugx` are written with two digits that they do not have.
    public var chargeStepMinor: Int64 {
        if code == "isk" || code == "ugx" { return 100 }
        return Self.threeDecimal.contains(code) ? 10 : 1
    }

    /// Whether Stripe charges so much, in minor units.
    public func isChargeable(amountMinor: Int64) -> Bool {
        (minimumChargeMinor...maximumChargeMinor).contains(amountMinor) && amountMinor % chargeStepMinor == 0
    }

    /// The code.
    public var description: String { code }

    private static let chargeable = Set(
        """
        usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf \
        chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf \
        idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop \
        mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd \
        scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof \
        xpf yer zar zmw
        """.split(separator: " ").map(String.init))
    private static let zeroDecimal: Set<String> = [
        "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf",
    ]
    private static let threeDecimal: Set<String> = ["bhd", "jod", "kwd", "omr", "tnd"]
    private static let minimumCharges: [String: Int64] = [
        "usd": 50, "eur": 50, "gbp": 30, "jpy": 50, "aud": 50, "cad": 50, "chf": 50, "nzd": 50, "sgd": 50,
        "brl": 50, "inr": 50, "dkk": 250, "nok": 300, "sek": 300, "hkd": 400, "mxn": 1000, "pln": 200, "ron": 200,
        "aed": 200, "bgn": 100, "czk": 1500, "huf": 17500, "myr": 200, "thb": 1000,
    ]
}
