import JSON
import Kernel
import KessaiApp
import Passes
import Testing

/// How passes are configured (S4-SESS-04): all or nothing, and everything that is wrong at once.
@Suite struct PassesSettingsTests {
    private static let good = [
        "PASSES_LICENSE_PRICE": "4800", "PASSES_DAYPASS_PRICES": "0:120, 3:240",
        "PASSES_RETURN_URLS": "timekeeper://purchase, https://app.example.com/purchase",
    ]

    private func faults(_ changes: [String: String]) -> [String] {
        var reader = SettingsReader(file: .null, environment: Self.good.merging(changes) { $1 })
        return reader.examine().findings.filter { $0.gravity == .error }.map(\.name)
    }

    @Test func `what is not told has its default`() throws {
        var reader = SettingsReader(file: .null, environment: Self.good)
        let passes = try #require(try reader.read().settings.passes)
        #expect(passes.prices.license == Money(4800, .jpy))
        #expect(passes.prices.daypass(afterUnlocks: 3) == Money(240, .jpy))
        #expect(passes.returnURLs == ["timekeeper://purchase", "https://app.example.com/purchase"])
        #expect(passes.timeZone == "Asia/Tokyo")
        #expect(passes.pageMinutes == 60)
        #expect(passes.pageLocale == nil)
        #expect(passes.paymentMethods == [])
    }

    @Test func `an installation that says nothing of passes sells none`() throws {
        var reader = SettingsReader(file: .null, environment: [:])
        #expect(try reader.read().settings.passes == nil)
    }

    @Test(arguments: [
        ("PASSES_LICENSE_PRICE", ""), ("PASSES_LICENSE_PRICE", "free"), ("PASSES_LICENSE_PRICE", "48.00"),
        ("PASSES_DAYPASS_PRICES", ""), ("PASSES_DAYPASS_PRICES", "120"), ("PASSES_DAYPASS_PRICES", "1:120"),
        ("PASSES_DAYPASS_PRICES", "0:120,x:5"), ("PASSES_DAYPASS_PRICES", "0:120,0:240"),
        ("PASSES_DAYPASS_PRICES", "0:10"), ("PASSES_CURRENCY", "yen!"), ("PASSES_CURRENCY", "zzz"),
        ("PASSES_TIME_ZONE", "JST"),
        ("PASSES_RETURN_URLS", ""), ("PASSES_RETURN_URLS", "http://example.com/"),
        ("PASSES_RETURN_URLS", "timekeeper://ok,javascript://x"), ("PASSES_PAGE_MINUTES", "30"),
        ("PASSES_PAGE_MINUTES", "1441"), ("PASSES_PAGE_LOCALE", "j"), ("PASSES_PAYMENT_METHODS", "card, Konbini!"),
    ])
    func `what is wrong is named`(name: String, value: String) {
        #expect(faults([name: value]) == [name])
    }

    @Test func `prices that no charge can have are refused, also where the currency wants them round`() {
        let round = ["PASSES_CURRENCY": "kwd", "PASSES_LICENSE_PRICE": "4800", "PASSES_DAYPASS_PRICES": "0:120"]
        #expect(faults(round) == [])
        #expect(faults(round.merging(["PASSES_DAYPASS_PRICES": "0:1234"]) { $1 }) == ["PASSES_DAYPASS_PRICES"])
        #expect(faults(round.merging(["PASSES_LICENSE_PRICE": "4801"]) { $1 }) == ["PASSES_DAYPASS_PRICES"])
    }

    @Test func `everything that is wrong is told at once`() {
        #expect(
            Set(
                faults([
                    "PASSES_LICENSE_PRICE": "x", "PASSES_TIME_ZONE": "x", "PASSES_RETURN_URLS": "x",
                    "PASSES_PAGE_MINUTES": "x",
                ]))
                == ["PASSES_LICENSE_PRICE", "PASSES_TIME_ZONE", "PASSES_RETURN_URLS", "PASSES_PAGE_MINUTES"])
    }
}
