public import Kernel

/// How to reach Stripe, and as whom.
public struct StripeConfiguration: Sendable {
    /// The secret or restricted key. Without one, or with one that no header can carry, every call is refused before it
    /// is sent (law 13).
    public var secretKey: Secret
    /// Scheme and host of the API, without a path; a sandbox's address in tests and demonstrations.
    public var apiBase: String
    /// The API version that every request pins, so that an account's default cannot change what we read.
    public var apiVersion: String
    /// How long one attempt may take.
    public var timeout: Duration
    /// How often a call is sent again, at most, after its first attempt.
    public var retriesMax: Int
    /// How long a call may take with all its attempts and the waits between them (law 14).
    public var overallTimeout: Duration

    /// A configuration; everything but the key has a default.
    public init(
        secretKey: Secret, apiBase: String = "https://api.stripe.com", apiVersion: String = "2026-10-28.endive",
        timeout: Duration = .seconds(30), retriesMax: Int = 2, overallTimeout: Duration = .seconds(70)
    ) {
        self.secretKey = secretKey
        self.apiBase = apiBase
        self.apiVersion = apiVersion
        self.timeout = timeout
        self.retriesMax = retriesMax
        self.overallTimeout = overallTimeout
    }

    /// Whether the key moves real money: Stripe names live keys `sk_live_…` and `rk_live_…`.
    public var livemode: Bool {
        let key = secretKey.reveal()
        return key.hasPrefix("sk_live_") || key.hasPrefix("rk_live_")
    }
}
