import Kernel
import Testing

/// Law 9: integers of one currency; nothing overflows and nothing mixes unseen.
@Suite struct MoneyTests {
    @Test func `sums and products are exact`() throws {
        #expect(try Money(980, .jpy).adding(Money(20, .jpy)) == Money(1_000, .jpy))
        #expect(try Money(980, .jpy).subtracting(Money(1_000, .jpy)) == Money(-20, .jpy))
        #expect(try Money(5_500, .jpy).multiplied(by: 3) == Money(16_500, .jpy))
        #expect(try Money(.max, .usd).adding(.zero(.usd)) == Money(.max, .usd))
        #expect(try Money(.min, .usd).multiplied(by: 1) == Money(.min, .usd))
    }

    @Test func `what does not fit throws`() {
        #expect(throws: MoneyError.overflow) { try Money(.max, .jpy).adding(Money(1, .jpy)) }
        #expect(throws: MoneyError.overflow) { try Money(.min, .jpy).adding(Money(-1, .jpy)) }
        #expect(throws: MoneyError.overflow) { try Money(.min, .jpy).subtracting(Money(1, .jpy)) }
        #expect(throws: MoneyError.overflow) { try Money(0, .jpy).subtracting(Money(.min, .jpy)) }
        #expect(throws: MoneyError.overflow) { try Money(.max, .jpy).multiplied(by: 2) }
        #expect(throws: MoneyError.overflow) { try Money(.min, .jpy).multiplied(by: -1) }
    }

    @Test func `currencies do not mix, not even at zero`() {
        #expect(throws: MoneyError.mixedCurrencies(.jpy, .usd)) { try Money(1, .jpy).adding(Money(1, .usd)) }
        #expect(throws: MoneyError.mixedCurrencies(.eur, .usd)) { try Money.zero(.eur).subtracting(.zero(.usd)) }
        #expect(Money(0, .jpy) != Money(0, .usd))
    }

    @Test(arguments: [
        (Money(980, .jpy), "¥980"), (Money(0, .jpy), "¥0"), (Money(16_500, .jpy), "¥16,500"),
        (Money(-1_234_567, .jpy), "-¥1,234,567"), (Money(980, .usd), "$9.80"), (Money(5, .usd), "$0.05"),
        (Money(-50, .usd), "-$0.50"), (Money(100_000_00, .eur), "€100,000.00"),
        (Money(.max, .jpy), "¥9,223,372,036,854,775,807"), (Money(.min, .jpy), "-¥9,223,372,036,854,775,808"),
        (Money(.min, .usd), "-$92,233,720,368,547,758.08"),
    ])
    func `it prints as people write it`(_ money: Money, _ text: String) {
        #expect(money.description == text)
    }

    @Test func `a currency without a sign prints its code, with as many digits as it has`() throws {
        #expect(try Money(1_234, #require(Currency("KWD"))).description == "1.234 kwd")
        #expect(try Money(7, #require(Currency("KWD"))).description == "0.007 kwd")
        #expect(try Money(1_234, #require(Currency("gbp"))).description == "12.34 gbp")
        #expect(try Money(1_234, #require(Currency("krw"))).description == "1,234 krw")
    }
}

@Suite struct CurrencyTests {
    @Test(arguments: ["jpy", "JPY", "Jpy"]) func `a code is read in any case`(_ code: String) {
        #expect(Currency(code) == .jpy)
        #expect(Currency(code)?.code == "jpy")
    }

    /// The Kelvin sign and the long s have ASCII letters as their other case.
    @Test(arguments: ["", "jp", "jpyy", "j y", "12b", "日本円", "\u{212A}rw", "u\u{17F}d", "{sd", "@ab", "\0\0\0"])
    func `anything else is no currency`(_ code: String) {
        #expect(Currency(code) == nil)
    }

    @Test func `the minor unit has as many digits as Stripe says`() {
        #expect(Currency.jpy.minorUnitDigits == 0)
        #expect(Currency.usd.minorUnitDigits == 2)
        #expect(Currency("bhd")?.minorUnitDigits == 3)
        #expect(Currency("vnd")?.minorUnitDigits == 0)
    }

    @Test func `a charge has a least and a most`() {
        #expect(Currency.jpy.minimumChargeMinor == 50)
        #expect(Currency("gbp")?.minimumChargeMinor == 30)
        #expect(Currency("xyz")?.minimumChargeMinor == 1)
        #expect(Currency.jpy.maximumChargeMinor == 99_999_999)
    }

    @Test(
        arguments: [
            ("jpy", 50, true), ("jpy", 49, false), ("jpy", 51, true), ("jpy", 100_000_000, false), ("kwd", 1_230, true),
            ("kwd", 1_234, false), ("isk", 200, true), ("isk", 150, false), ("ugx", 105, false), ("vnd", 105, true),
        ] as [(String, Int64, Bool)])
    func `a charge is round where the currency wants it so`(code: String, amount: Int64, isChargeable: Bool) throws {
        #expect(try #require(Currency(code)).isChargeable(amountMinor: amount) == isChargeable)
    }
}
