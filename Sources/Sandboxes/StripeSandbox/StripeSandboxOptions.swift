public import Kernel

/// How a Stripe sandbox behaves.
public struct StripeSandboxOptions: Sendable {
    /// The secret keys that it accepts; all belong to one account in test mode.
    public var secretKeys: [Secret] = [Secret("sk_test_kessai")]
    /// The key of browsers and apps, which may only do client-side calls.
    public var publishableKey = "pk_test_kessai"
    /// The account's default API version: of requests without `Stripe-Version`, of events, of endpoints without one.
    /// A name that Stripe never published is refused when the sandbox is made.
    public var apiVersion = "2026-10-28.endive"
    /// Where payers reach the sandbox's own pages, without a slash at the end.
    public var publicURL = "http://127.0.0.1:12111"
    /// Whether answers and events are spread over lines, as Stripe's are.
    public var isPretty = true
    /// Whether capture is asynchronous by default, as with Stripe since 2024-04-10: a charge's balance transaction
    /// then comes some seconds later with `charge.updated`.
    public var automaticAsync = true
    /// A webhook endpoint that is there from the start and survives a reset.
    public var webhook: Webhook?
    /// How many times faster than Stripe's the retries of deliveries are; 1 or more.
    public var retrySpeed: Int64 = 1
    /// How long a receiver may take to answer a delivery.
    public var deliveryTimeout: Duration = .seconds(10)
    /// How long after a success its balance transaction comes, when capture is asynchronous.
    public var balanceAfter: Duration = .seconds(2)
    /// How long after a charge the dispute cards open their dispute, and how long a bank thinks over evidence.
    public var disputeAfter: Duration = .seconds(5)
    /// How long after a refund its reference comes, or the pending and failing refund cards settle it.
    public var refundAfter: Duration = .seconds(60)
    /// The most objects of one kind; the next creation is refused with 429 (law 14).
    public var objectsMax = 200_000
    /// The most requests, and the most finished deliveries, that the pages remember (law 14).
    public var historyMax = 1000

    /// Stripe's own behaviour.
    public init() {}

    /// A webhook endpoint that is there from the start.
    public struct Webhook: Sendable {
        /// Where events go.
        public var url: String
        /// The secret that signs, `whsec_…`.
        public var secret: Secret
        /// The shape of its events; the account's default when nil.
        public var apiVersion: String?
        /// What it gets.
        public var enabledEvents: [String]

        /// An endpoint that gets these events, by default all.
        public init(url: String, secret: Secret, apiVersion: String? = nil, enabledEvents: [String] = ["*"]) {
            self.url = url
            self.secret = secret
            self.apiVersion = apiVersion
            self.enabledEvents = enabledEvents
        }
    }
}
