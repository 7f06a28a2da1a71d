import JSON
import Kernel
import KessaiApp
import Testing

/// `RATE_LIMITS` and `CORS_ORIGINS`.
@Suite struct EdgeSettingsTests {
    private func examine(
        _ environment: [String: String], file: JSONValue = .null
    ) -> (edge: EdgeSettings, errors: [String], warnings: [String]) {
        var reader = SettingsReader(file: file, environment: environment)
        let (settings, findings) = reader.examine()
        func names(_ gravity: SettingsFinding.Gravity) -> [String] {
            findings.filter { $0.gravity == gravity && ["RATE_LIMITS", "CORS_ORIGINS"].contains($0.name) }.map(\.name)
        }
        return (settings.edge, names(.error), names(.warning))
    }

    private static let live = [
        "STRIPE_SECRET_KEY": "sk_live_a", "STRIPE_WEBHOOK_SECRET": "whsec_a", "PUBLIC_URL": "https://pay.example.jp",
    ]

    @Test func `with nothing set limits are on, and no other site is let in`() {
        let (edge, errors, warnings) = examine([:])
        #expect(edge.rateFactor == 1)
        #expect(edge.corsOrigins == [])
        #expect(errors.isEmpty && warnings.isEmpty)
    }

    @Test(arguments: [
        ("on", 1.0), ("ON", 1), ("", 1), ("1", 1), ("0.1", 0.1), ("2.5", 2.5), ("10", 10), ("1000", 1_000),
    ])
    func `limits are scaled by a factor`(text: String, factor: Double) {
        let (edge, errors, _) = examine(["RATE_LIMITS": text])
        #expect(edge.rateFactor == factor)
        #expect(errors.isEmpty)
    }

    @Test func `a file may hold the factor as a number`() {
        #expect(examine([:], file: ["RATE_LIMITS": 5]).edge.rateFactor == 5)
    }

    @Test func `off limits nobody, warns, and is refused in live mode`() {
        let test = examine(["RATE_LIMITS": "off"])
        #expect(test.edge.rateFactor == nil)
        #expect(test.errors.isEmpty && test.warnings == ["RATE_LIMITS"])
        #expect(examine(Self.live.merging(["RATE_LIMITS": "off"]) { $1 }).errors == ["RATE_LIMITS"])
        #expect(examine(Self.live.merging(["RATE_LIMITS": "10"]) { $1 }).errors.isEmpty)
    }

    @Test(arguments: ["0", "0.09", "1001", "-1", "1e2", "inf", "nan", "no", "0x1", "1.2.3", ".", "1,5"])
    func `what is no factor is refused`(text: String) {
        #expect(examine(["RATE_LIMITS": text]).errors == ["RATE_LIMITS"])
    }

    @Test func `origins are several, separated by commas`() {
        let (edge, errors, _) = examine(["CORS_ORIGINS": " https://a.example , http://localhost:5173 "])
        #expect(edge.corsOrigins == ["https://a.example", "http://localhost:5173"])
        #expect(errors.isEmpty)
    }

    @Test(arguments: ["*", "null", "https://a.example/", "a.example", "https://a.example,*", "https://*.example"])
    func `what is no origin is refused`(text: String) {
        #expect(examine(["CORS_ORIGINS": text]).errors == ["CORS_ORIGINS"])
    }

    @Test func `live mode lets in https alone`() {
        #expect(examine(Self.live.merging(["CORS_ORIGINS": "https://a.example"]) { $1 }).errors.isEmpty)
        #expect(examine(Self.live.merging(["CORS_ORIGINS": "http://a.example"]) { $1 }).errors == ["CORS_ORIGINS"])
    }
}
