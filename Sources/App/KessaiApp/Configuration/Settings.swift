public import Kernel

/// What an installation is configured with: `kessai.json`, and environment variables over it.
public struct Settings: Sendable {
    /// When a user's customer is made at Stripe.
    public enum CustomerCreation: String, Sendable, CaseIterable {
        /// At the first payment.
        case firstPayment = "first_payment"
        /// At registration, by a job.
        case registration
    }

    /// `DATABASE_URL`; default `sqlite:kessai.db`.
    public var databaseURL: Redacted<String>
    /// `DATABASE_CONNECTIONS`: the pool's size on PostgreSQL, 1 to 100; default 8.
    public var databaseConnectionsMax: Int
    /// `DATABASE_LISTEN_URL`: where notifications are heard when `DATABASE_URL` leads through a pooler that does not
    /// bring them; default none.
    public var databaseListenURL: Redacted<String>?
    /// `HOST`: the address to listen on; default `127.0.0.1`.
    public var host: String
    /// `PORT`: 0 to 65535, 0 is any free one; default 8080.
    public var port: Int
    /// `HTTP_…`, `TRUSTED_…`, `TLS_…`: how `serve` meets the network.
    public var door: DoorSettings
    /// `PUBLIC_URL`: where users reach this server; default `http://HOST:PORT`, with TLS `https://HOST:PORT`. Live mode
    /// wants `https://`.
    public var publicURL: String
    /// `STRIPE_SECRET_KEY` (alias `STRIPE_API_KEY`); default empty.
    public var stripeSecretKey: Secret
    /// `STRIPE_PUBLISHABLE_KEY`; default empty.
    public var stripePublishableKey: String
    /// `STRIPE_WEBHOOK_SECRET`, several separated by commas; default none, which refuses webhooks.
    public var stripeWebhookSecrets: [Secret]
    /// `STRIPE_API_BASE`; default Stripe's own.
    public var stripeAPIBase: String
    /// `STRIPE_CUSTOMER_CREATION`: `first_payment` (default) or `registration`.
    public var customerCreation: CustomerCreation
    /// `MAIL_FOLDER`: where mails are put; default `mail`.
    public var mailFolder: String
    /// `MAIL_FROM`: the sender; default `kessai@localhost`.
    public var mailFrom: String
    /// `JOBS_IN_SERVE`: whether `serve` runs jobs too; default true.
    public var jobsInServe: Bool
    /// `LOG_LEVEL`: `debug`, `info` (default), `warning` or `error`.
    public var logLevel: Log.Level
    /// `PASSES_…`: how licences and day passes are sold; nil when none of them is set, and none are sold.
    public var passes: PassesSettings?
    /// `RATE_LIMITS`, `CORS_ORIGINS`, `METRICS_TOKEN`: what stands before the routes.
    public var edge = EdgeSettings()
    /// `KESSAI_FAILPOINTS`, `KESSAI_CLOCK_AHEAD_SECONDS`: nil unless one is set.
    public var drill: DrillSettings?

    /// Whether the Stripe key is a live one.
    public var isLive: Bool {
        let key = stripeSecretKey.reveal()
        return key.hasPrefix("sk_live_") || key.hasPrefix("rk_live_")
    }

    /// Stripe's own address.
    public static let stripeOwnBase = "https://api.stripe.com"
}

/// One thing about a configuration.
public struct SettingsFinding: Sendable, Equatable {
    /// How grave it is.
    public enum Gravity: String, Sendable {
        /// It refuses to start.
        case error
        /// It starts, but something will not work.
        case warning
    }
    /// How grave it is.
    public let gravity: Gravity
    /// Which setting.
    public let name: String
    /// What to change; never the value.
    public let detail: String

    /// A finding of these parts.
    public init(gravity: Gravity, name: String, detail: String) {
        self.gravity = gravity
        self.name = name
        self.detail = detail
    }
}

/// A configuration that cannot be started with; says everything at once.
public struct SettingsError: Error, CustomStringConvertible {
    /// All findings, warnings too.
    public let findings: [SettingsFinding]
    /// A line for each.
    public var description: String {
        "the configuration is not usable\n"
            + findings.map { "  \($0.gravity.rawValue): \($0.name): \($0.detail)" }.joined(separator: "\n")
    }
}
