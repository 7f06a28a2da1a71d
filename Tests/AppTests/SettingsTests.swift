import JSON
import Kernel
import KessaiApp
import Testing

/// What an installation is configured with (S3-CONF-01).
@Suite struct SettingsTests {
    private func read(
        _ environment: [String: String], file: JSONValue = .null
    ) throws -> (settings: Settings, warnings: [SettingsFinding]) {
        var reader = SettingsReader(file: file, environment: environment)
        return try reader.read()
    }

    private func faults(_ environment: [String: String], file: JSONValue = .null) -> [String] {
        do {
            _ = try read(environment, file: file)
            return []
        } catch let error as SettingsError {
            return error.findings.filter { $0.gravity == .error }.map(\.name)
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `with nothing set it starts, and says what will not work (S3-CONF-01)`() throws {
        let (settings, warnings) = try read([:])
        #expect(settings.databaseURL.reveal() == "sqlite:kessai.db")
        #expect(settings.host == "127.0.0.1")
        #expect(settings.port == 8080)
        #expect(settings.publicURL == "http://127.0.0.1:8080")
        #expect(settings.stripeSecretKey.reveal() == "")
        #expect(settings.stripeWebhookSecrets.isEmpty)
        #expect(settings.stripeAPIBase == Settings.stripeOwnBase)
        #expect(settings.customerCreation == .firstPayment)
        #expect(settings.logLevel == .info)
        #expect(!settings.isLive)
        #expect(warnings.map(\.name) == ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"])
    }

    @Test func `the environment stands over the file`() throws {
        let file: JSONValue = ["PORT": 9000, "HOST": "::1", "JOBS_IN_SERVE": false]
        let (settings, _) = try read(["PORT": "9001"], file: file)
        #expect(settings.port == 9001)
        #expect(settings.host == "::1")
        #expect(!settings.jobsInServe)
    }

    @Test(arguments: [
        "127.0.0.1", "0.0.0.0", "::", "::1", "fe80::1%eth0", "localhost", "shop-1.example.jp", "my_host",
        "1und1.example",
    ])
    func `HOST is an address or a name`(host: String) throws { #expect(faults(["HOST": host]) == []) }

    @Test(arguments: [
        "http://localhost", "localhost:8080", "127.0.0.1:8080", "256.1.1.1", "1.2.3", "8080", "my host", "", "-a",
        "a..b", "決済.jp", "127.0.0.1%eth0", "[::1]", "*", String(repeating: "a", count: 254),
    ])
    func `HOST is refused where nothing can be listened on`(host: String) {
        #expect(faults(["HOST": host]) == (host.isEmpty ? [] : ["HOST"]))
    }

    @Test func `an address of IPv6 stands in brackets in the URL that follows from it`() throws {
        #expect(try read(["HOST": "::1"]).settings.publicURL == "http://[::1]:8080")
    }

    @Test func `STRIPE_API_KEY is the same setting by its other name (S3-CONF-02, S2-SEC-02)`() throws {
        #expect(try read(["STRIPE_API_KEY": "sk_test_a"]).settings.stripeSecretKey.reveal() == "sk_test_a")
        let both = ["STRIPE_API_KEY": "sk_test_a", "STRIPE_SECRET_KEY": "sk_test_a"]
        #expect(try read(both).settings.stripeSecretKey.reveal() == "sk_test_a")
        #expect(faults(["STRIPE_API_KEY": "sk_test_a", "STRIPE_SECRET_KEY": "sk_test_b"]) == ["STRIPE_API_KEY"])
    }

    @Test(arguments: [
        ("", []), ("whsec_a", ["whsec_a"]), ("whsec_a,whsec_b", ["whsec_a", "whsec_b"]),
        (" whsec_a , whsec_b ,", ["whsec_a", "whsec_b"]), (",, ,", []),
    ])
    func `webhook secrets are several, separated by commas`(text: String, secrets: [String]) throws {
        let settings = try read(["STRIPE_WEBHOOK_SECRET": text]).settings
        #expect(settings.stripeWebhookSecrets.map { $0.reveal() } == secrets)
    }

    @Test(arguments: ["sk_live_a", "rk_live_a"])
    func `live mode refuses to start without its secrets, or with a sandbox (law 13)`(key: String) throws {
        let face = ["STRIPE_SECRET_KEY": key, "PUBLIC_URL": "https://pay.example.jp"]
        #expect(faults(face) == ["STRIPE_WEBHOOK_SECRET"])
        #expect(faults(face.merging(["STRIPE_WEBHOOK_SECRET": " , "]) { $1 }) == ["STRIPE_WEBHOOK_SECRET"])
        let good = face.merging(["STRIPE_WEBHOOK_SECRET": "whsec_a"]) { $1 }
        #expect(try read(good).settings.isLive)
        #expect(faults(good.merging(["STRIPE_API_BASE": "http://localhost:1"]) { $1 }) == ["STRIPE_API_BASE"])
        #expect(
            faults(good.merging(["STRIPE_PUBLISHABLE_KEY": "pk_test_a"]) { $1 }) == ["STRIPE_PUBLISHABLE_KEY"])
        #expect(faults(good.merging(["STRIPE_PUBLISHABLE_KEY": "pk_live_a"]) { $1 }) == [])
        for url in ["", "http://pay.example.jp"] {
            #expect(faults(good.merging(["PUBLIC_URL": url]) { $1 }) == ["PUBLIC_URL"])
        }
    }

    @Test(arguments: ["a", "whsec_", "sk_test_a", "whsec_a,b", "whsec_a, https://example.com"])
    func `a webhook secret that is not one is named, and not shown`(text: String) throws {
        #expect(faults(["STRIPE_WEBHOOK_SECRET": text]) == ["STRIPE_WEBHOOK_SECRET"])
        do {
            _ = try read(["STRIPE_WEBHOOK_SECRET": "hunter2"])
        } catch let error as SettingsError {
            #expect(!error.description.contains("hunter2"))
        }
    }

    @Test(arguments: [
        ("sk_test_a", "pk_test_a", true), ("sk_test_a", "pk_live_a", false), ("sk_test_a", "sk_test_a", false),
        ("", "pk_live_a", true), ("", "pk_test_a", true), ("", "sk_live_a", false), ("sk_test_a", "", true),
    ])
    func `a publishable key is of the secret key's mode`(secret: String, publishable: String, isGood: Bool) throws {
        let found = faults(["STRIPE_SECRET_KEY": secret, "STRIPE_PUBLISHABLE_KEY": publishable])
        #expect(found == (isGood ? [] : ["STRIPE_PUBLISHABLE_KEY"]))
    }

    @Test(arguments: [
        ("PORT", "x"), ("PORT", "-1"), ("PORT", "65536"), ("PORT", "80 "), ("DATABASE_CONNECTIONS", "0"),
        ("DATABASE_CONNECTIONS", "101"), ("DATABASE_LISTEN_URL", "postgresql://127.0.0.1/x"),
        ("DATABASE_URL", "mysql://x"), ("DATABASE_URL", "kessai.db"),
        ("PUBLIC_URL", "kessai.example"), ("PUBLIC_URL", "ftp://x"), ("STRIPE_API_BASE", "localhost"),
        ("STRIPE_SECRET_KEY", "pk_test_a"), ("STRIPE_SECRET_KEY", "secret"),
        ("STRIPE_CUSTOMER_CREATION", "never"), ("JOBS_IN_SERVE", "maybe"), ("LOG_LEVEL", "loud"),
    ])
    func `a setting that is wrong is named`(name: String, value: String) {
        #expect(faults([name: value]) == [name])
        #expect(faults([:], file: .object([name: .string(value)])) == [name])
    }

    @Test func `everything that is wrong is told at once`() {
        let wrong = ["PORT": "x", "LOG_LEVEL": "loud", "STRIPE_SECRET_KEY": "sk_live_a", "DATABASE_URL": "x"]
        #expect(Set(faults(wrong)) == ["PORT", "LOG_LEVEL", "STRIPE_WEBHOOK_SECRET", "DATABASE_URL", "PUBLIC_URL"])
    }

    @Test(
        arguments: [
            (["STRIPE_SECERT_KEY": "x"], ["STRIPE_SECERT_KEY"]), (["a b": 1], ["?"]), (["PORT": [1]], ["PORT"]),
            (["PORT": nil], ["PORT"]), ([1], ["kessai.json"]), ("x", ["kessai.json"]),
        ] as [(JSONValue, [String])])
    func `a file holds settings and nothing else`(file: JSONValue, names: [String]) {
        #expect(faults([:], file: file) == names)
    }

    @Test func `an empty setting is an absent one, and slashes at the end of an address go`() throws {
        let (settings, _) = try read(["PORT": "", "PUBLIC_URL": "https://pay.example.jp//"])
        #expect(settings.port == 8080)
        #expect(settings.publicURL == "https://pay.example.jp")
    }

    @Test func `who lets nobody run jobs is warned`() throws {
        let keys = ["STRIPE_SECRET_KEY": "sk_test_a", "STRIPE_WEBHOOK_SECRET": "whsec_a", "JOBS_IN_SERVE": "false"]
        #expect(try read(keys).warnings.map(\.name) == ["JOBS_IN_SERVE"])
        #expect(try read(keys.merging(["DATABASE_URL": "postgresql://localhost/kessai"]) { $1 }).warnings == [])
    }

    @Test(arguments: [("TRUE", true), ("yes", true), ("0", false), ("No", false)])
    func `a boolean is a word`(text: String, value: Bool) throws {
        #expect(try read(["JOBS_IN_SERVE": text]).settings.jobsInServe == value)
    }
}
