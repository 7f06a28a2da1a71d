internal import Edge
internal import HTTP
internal import Kernel
internal import Metrics
internal import Payments

extension RateGate {
    /// The gate of the settings; nil where nobody is limited. Stripe's events are told by their signature.
    init?(
        _ settings: Settings, metrics: RequestMetrics, clock: any WallClock, random: any RandomSource, log: Log
    ) {
        guard let factor = settings.edge.rateFactor else { return nil }
        let proofs = Proofs(
            claims: { $0.headers["Stripe-Signature"] != nil },
            failed: { error in if case PaymentError.webhookSignature = error { true } else { false } })
        self.init(
            RateLimits.usual.scaled(by: factor), proofs: proofs, metrics: metrics, clock: clock, random: random,
            log: log)
    }
}

extension CORSPolicy {
    /// The policy of the settings; nil where no other site is let in.
    init?(_ settings: Settings) {
        guard !settings.edge.corsOrigins.isEmpty else { return nil }
        self.init(origins: settings.edge.corsOrigins)
    }
}
