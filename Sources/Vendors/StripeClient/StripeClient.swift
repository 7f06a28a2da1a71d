public import HTTP
public import Kernel

/// Stripe's API as the payments core needs it: customers, payment intents, charges, refunds, disputes, events and
/// webhook endpoints.
///
/// Every call is sent at most `1 + retriesMax` times under one idempotency key and ends in an answer or in a
/// `StripeError` that says whether Stripe acted (law 3). The client keeps no state.
public struct StripeClient: Sendable {
    let configuration: StripeConfiguration
    let transport: any HTTPTransport
    let clock: any WallClock
    let random: any RandomSource
    let log: Log

    /// A client of one account. `random` spreads the waits between attempts; `clock` measures and sleeps.
    public init(
        configuration: StripeConfiguration, transport: any HTTPTransport, clock: any WallClock,
        random: any RandomSource, log: Log
    ) {
        self.configuration = configuration
        self.transport = transport
        self.clock = clock
        self.random = random
        self.log = log
    }

    /// Whether the key moves real money.
    public var livemode: Bool { configuration.livemode }
}

/// What Stripe answered.
public struct Answer<Value: Sendable>: Sendable {
    /// The object.
    public let value: Value
    /// Stripe's id of the exchange (`req_…`), to quote to its support.
    public let requestID: String?
    /// Whether Stripe had done this before under the same idempotency key and only repeats what it said then.
    public let replayed: Bool

    /// An answer of these parts.
    public init(value: Value, requestID: String? = nil, replayed: Bool = false) {
        self.value = value
        self.requestID = requestID
        self.replayed = replayed
    }
}

extension Answer: Equatable where Value: Equatable {}
