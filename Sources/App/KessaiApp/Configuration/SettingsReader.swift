internal import Database
public import JSON
internal import Kernel
internal import Mail

/// Reads settings, and reports everything that is missing or wrong at once.
public struct SettingsReader {
    /// The settings there are.
    public static let names =
        [
            "DATABASE_URL", "DATABASE_LISTEN_URL", "DATABASE_CONNECTIONS", "HOST", "PORT", "PUBLIC_URL",
            "STRIPE_SECRET_KEY",
            "STRIPE_API_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE",
            "STRIPE_CUSTOMER_CREATION", "MAIL_FOLDER", "MAIL_FROM", "JOBS_IN_SERVE", "LOG_LEVEL",
        ] + doorNames + edgeNames + passesNames

    private let values: Redacted<[String: String]>
    private let drillWords: [String: String]
    private var findings: [SettingsFinding] = []

    /// Settings of a file (an object of the same names; null when there is no file) and an environment over it.
    public init(file: JSONValue, environment: [String: String]) {
        var values: [String: String] = [:]
        if let object = file.object {
            for (name, value) in object.members {
                if !Self.names.contains(name) {
                    let shown = name.utf8.count <= 64 && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? name : "?"
                    findings.append(.init(gravity: .error, name: shown, detail: "is not a setting"))
                } else if let text = value.string ?? value.int.map({ String($0) }) ?? value.bool.map({ "\($0)" }) {
                    values[name] = text
                } else {
                    findings.append(.init(gravity: .error, name: name, detail: "must be text, a number or a boolean"))
                }
            }
        } else if !file.isNull {
            findings.append(.init(gravity: .error, name: "kessai.json", detail: "must be an object of settings"))
        }
        for name in Self.names {
            if let value = environment[name] { values[name] = value }
        }
        self.values = Redacted(values)
        drillWords = Self.drillWords(environment)
    }

    /// The settings, with warnings. Throws ``SettingsError`` when something refuses to start.
    public mutating func read() throws -> (settings: Settings, warnings: [SettingsFinding]) {
        let (settings, findings) = examine()
        if findings.contains(where: { $0.gravity == .error }) { throw SettingsError(findings: findings) }
        return (settings, findings)
    }

    /// The settings as far as they can be understood, defaults in the place of the rest, with everything that there is
    /// to say about them. For telling only: who would start uses ``read()``.
    public mutating func examine() -> (settings: Settings, findings: [SettingsFinding]) {
        let host = self.host()
        let port = number("PORT", in: 0...65535, default: 8080)
        let door = self.door()
        var settings = Settings(
            databaseURL: Redacted(databaseURL()),
            databaseConnectionsMax: number("DATABASE_CONNECTIONS", in: 1...100, default: 8),
            databaseListenURL: databaseListenURL(), host: host, port: port, door: door,
            publicURL: url("PUBLIC_URL", default: ownURL(host, port, door)),
            stripeSecretKey: Secret(stripeKey()), stripePublishableKey: value("STRIPE_PUBLISHABLE_KEY") ?? "",
            stripeWebhookSecrets: webhookSecrets(),
            stripeAPIBase: url("STRIPE_API_BASE", default: Settings.stripeOwnBase),
            customerCreation: word("STRIPE_CUSTOMER_CREATION", default: .firstPayment),
            mailFolder: value("MAIL_FOLDER") ?? "mail", mailFrom: sender(),
            jobsInServe: boolean("JOBS_IN_SERVE", default: true), logLevel: level(), passes: passes())
        check(settings)
        check(door, settings)
        settings.edge = edge(isLive: settings.isLive)
        settings.drill = drill(drillWords, isLive: settings.isLive)
        return (settings, findings)
    }

    /// Law 13, and what would only be noticed by the first buyer.
    private mutating func check(_ settings: Settings) {
        let key = settings.stripeSecretKey.reveal()
        if key.isEmpty {
            warn("STRIPE_SECRET_KEY", "is empty: no payment can be opened")
        } else if !["sk_test_", "sk_live_", "rk_test_", "rk_live_"].contains(where: { key.hasPrefix($0) }) {
            fail("STRIPE_SECRET_KEY", "must begin with sk_test_, sk_live_, rk_test_ or rk_live_")
        }
        let hasWebhookSecret = !settings.stripeWebhookSecrets.isEmpty
        if settings.stripeWebhookSecrets.contains(where: { !Self.isWebhookSecret($0.reveal()) }) {
            fail("STRIPE_WEBHOOK_SECRET", "must be whsec_..., several separated by commas")
        }
        checkPublishableKey(settings)
        if !settings.jobsInServe, settings.databaseURL.reveal().hasPrefix("sqlite:") {
            warn(
                "JOBS_IN_SERVE",
                "is false, and nothing else can run jobs beside `serve` on SQLite: no mail leaves, no event is retried")
        }
        if settings.isLive {
            if !hasWebhookSecret { fail("STRIPE_WEBHOOK_SECRET", "is required in live mode") }
            if settings.stripeAPIBase != Settings.stripeOwnBase {
                fail("STRIPE_API_BASE", "must be Stripe's own in live mode")
            }
            if !settings.publicURL.hasPrefix("https://") {
                fail("PUBLIC_URL", "must begin with https:// in live mode: log-ins and tokens go over it")
            }
        } else if !hasWebhookSecret {
            warn("STRIPE_WEBHOOK_SECRET", "is empty: every webhook is refused, so no order becomes paid")
        }
    }

    private static func isWebhookSecret(_ text: String) -> Bool { text.hasPrefix("whsec_") && text.utf8.count > 6 }

    private mutating func checkPublishableKey(_ settings: Settings) {
        let (key, mode) = (settings.stripePublishableKey, settings.isLive ? "live" : "test")
        // With no secret key there is no mode yet.
        let prefixes = settings.stripeSecretKey.reveal().isEmpty ? ["pk_test_", "pk_live_"] : ["pk_\(mode)_"]
        guard !key.isEmpty, !prefixes.contains(where: { key.hasPrefix($0) }) else { return }
        fail(
            "STRIPE_PUBLISHABLE_KEY",
            prefixes.count > 1
                ? "must begin with pk_test_ or pk_live_"
                : "must begin with pk_\(mode)_, as the secret key is a \(mode) key")
    }

    /// Where to listen. A name is looked up when the server starts; that it is one, and no URL, shows before.
    private mutating func host() -> String {
        let text = value("HOST") ?? "127.0.0.1"
        // An interface of this machine may stand behind an address of IPv6: `fe80::1%eth0`.
        let address = text.contains(":") ? text.prefix { $0 != "%" } : text[...]
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let isName =
            text.utf8.count <= 253 && labels.allSatisfy(Self.isLabel) && labels.last?.allSatisfy(\.isNumber) == false
        if !isName, IPAddress(address) == nil {
            fail("HOST", "must be an address or a name of this machine, without a scheme and a port")
        }
        return text
    }

    /// A part of a host's name; underscores are no part of the standard, and of many a network.
    private static func isLabel(_ text: Substring) -> Bool {
        !text.isEmpty && !text.hasPrefix("-")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }

    private func ownURL(_ host: String, _ port: Int, _ door: DoorSettings) -> String {
        "\(door.tls == nil ? "http" : "https")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    private mutating func databaseURL() -> String {
        let text = value("DATABASE_URL") ?? "sqlite:kessai.db"
        do throws(DatabaseURL.Invalid) {
            _ = try DatabaseURL(text)
        } catch {
            fail("DATABASE_URL", error.description)
        }
        return text
    }

    /// PostgreSQL beside PostgreSQL; that it is the same database only the operator can know.
    private mutating func databaseListenURL() -> Redacted<String>? {
        guard let text = value("DATABASE_LISTEN_URL") else { return nil }
        for url in [text, value("DATABASE_URL") ?? ""] where !Self.isPostgres(url) {
            fail("DATABASE_LISTEN_URL", "must be postgresql://..., beside a DATABASE_URL of PostgreSQL")
            break
        }
        return Redacted(text)
    }

    private static func isPostgres(_ url: String) -> Bool {
        do throws(DatabaseURL.Invalid) {
            guard case .postgresql = try DatabaseURL(url) else { return false }
            return true
        } catch {
            return false
        }
    }

    private mutating func stripeKey() -> String {
        if let key = value("STRIPE_SECRET_KEY"), let alias = value("STRIPE_API_KEY"), key != alias {
            fail("STRIPE_API_KEY", "differs from STRIPE_SECRET_KEY; set one of them")
        }
        return value("STRIPE_SECRET_KEY") ?? value("STRIPE_API_KEY") ?? ""
    }

    private mutating func sender() -> String {
        let text = value("MAIL_FROM") ?? "kessai@localhost"
        if MailSender(text) == nil { fail("MAIL_FROM", "must be an address, or Name <address>") }
        return text
    }

    private func webhookSecrets() -> [Secret] {
        (value("STRIPE_WEBHOOK_SECRET") ?? "").split(separator: ",").map { part in
            Secret(String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()))
        }.filter { !$0.reveal().isEmpty }
    }

    private mutating func level() -> Log.Level {
        guard let text = value("LOG_LEVEL") else { return .info }
        guard let level = Log.Level(name: text) else {
            fail("LOG_LEVEL", "must be debug, info, warning or error")
            return .info
        }
        return level
    }

    private mutating func url(_ name: String, default fallback: String) -> String {
        var text = value(name) ?? fallback
        while text.hasSuffix("/") { text.removeLast() }
        if !text.hasPrefix("http://"), !text.hasPrefix("https://") {
            fail(name, "must begin with http:// or https://")
        }
        return text
    }

    mutating func number(_ name: String, in range: ClosedRange<Int>, default fallback: Int) -> Int {
        guard let text = value(name) else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            fail(name, "must be a number from \(range.lowerBound) to \(range.upperBound)")
            return fallback
        }
        return number
    }

    private mutating func boolean(_ name: String, default fallback: Bool) -> Bool {
        guard let text = value(name)?.lowercased() else { return fallback }
        switch text {
        case "true", "1", "yes": return true
        case "false", "0", "no": return false
        default:
            fail(name, "must be true or false")
            return fallback
        }
    }

    mutating func word<Word: RawRepresentable & CaseIterable>(_ name: String, default fallback: Word) -> Word
    where Word.RawValue == String {
        guard let text = value(name) else { return fallback }
        guard let word = Word(rawValue: text) else {
            fail(name, "must be one of: " + Word.allCases.map(\.rawValue).joined(separator: ", "))
            return fallback
        }
        return word
    }

    /// The words of a setting that are separated by commas.
    func words(_ name: String) -> [String] {
        (value(name) ?? "").split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }

    func value(_ name: String) -> String? { values.reveal()[name].flatMap { $0.isEmpty ? nil : $0 } }

    mutating func fail(_ name: String, _ detail: String) {
        findings.append(.init(gravity: .error, name: name, detail: detail))
    }

    mutating func warn(_ name: String, _ detail: String) {
        findings.append(.init(gravity: .warning, name: name, detail: detail))
    }
}
