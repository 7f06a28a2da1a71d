internal import Brakes
public import HTTP
internal import Identity
public import Kernel
public import Metrics

/// Refuses who has used up its share (S2-AUTH-08, S2-HOOK-04): by address before the body of a request is read, and by account
/// once it is known who asks. In memory, so each node counts for itself.
///
/// Messages that prove themselves are another matter. Stripe's bursts must not be refused for being many, nor for what
/// somebody else sends from the same address. So only those whose proof fails are counted, after they have failed. Once
/// that share is used up, failing ones are answered 429 instead of their refusal, and those that bring no proof at all
/// are not even read; a good one is let through always.
public struct RateGate: Sendable {
    /// How messages that prove themselves are told from others.
    public struct Proofs: Sendable {
        /// Whether a head claims to bring a proof.
        public let claims: @Sendable (HTTPRequestHead) -> Bool
        /// Whether a fault says that the proof failed.
        public let failed: @Sendable (any Error) -> Bool

        /// Told so.
        public init(
            claims: @escaping @Sendable (HTTPRequestHead) -> Bool, failed: @escaping @Sendable (any Error) -> Bool
        ) {
            self.claims = claims
            self.failed = failed
        }
    }

    private let byAddress: [RateClass: RateMeter]
    private let byAccount: [RateClass: RateMeter]
    private let proofs: Proofs
    private let tally: RefusalTally
    private let metrics: RequestMetrics

    /// A gate with nothing used up. `random` gives the keys of its tables; whom it refuses is counted in `metrics`.
    public init(
        _ limits: RateLimits, proofs: Proofs, metrics: RequestMetrics, clock: any WallClock, random: any RandomSource,
        log: Log
    ) {
        func meters(_ table: RateLimits.Table) -> [RateClass: RateMeter] {
            var meters: [RateClass: RateMeter] = [:]
            // In one order, so that a seed gives the same keys.
            for kind in RateClass.allCases {
                guard let rate = table[kind] else { continue }
                meters[kind] = RateMeter(rate, key: random.bytes(RateMeter.keyBytes), clock: clock)
            }
            return meters
        }
        byAddress = meters(limits.byAddress)
        byAccount = meters(limits.byAccount)
        self.proofs = proofs
        self.metrics = metrics
        tally = RefusalTally(clock: clock, log: log)
    }

    /// Takes the share of the address for a request to `route`; what is thrown away then is the request.
    func refusal(of head: HTTPRequestHead, to route: Route) -> Problem? {
        guard let meter = byAddress[route.rateClass] else { return nil }
        let address = ClientAddress(head.remoteAddress).key
        if route.rateClass == .webhook {
            guard !proofs.claims(head), let seconds = meter.wait(address) else { return nil }
            return refuse(route.rateClass, by: "address", seconds)
        }
        return meter.take(address).map { refuse(route.rateClass, by: "address", $0) }
    }

    private func refuse(_ kind: RateClass, by whom: Log.Value, _ seconds: Int64) -> Problem {
        tally.count(kind, by: whom)
        let problem = Problem.rateLimited(retryAfterSeconds: seconds)
        metrics.refuse(problem.code)
        return problem
    }
}

extension RateGate: Middleware {
    /// Takes the share of the account, where it is known who asks; counts proofs that fail. Throws `rate_limited` (429), and
    /// what `next` throws.
    public func respond(to context: RequestContext, next: Route.Handler) async throws -> HTTPResponse {
        let kind = context.route.rateClass
        if let principal = context.principal, let meter = byAccount[kind],
            let seconds = meter.take(Array(principal.userID.utf8))
        {
            throw refuse(kind, by: "account", seconds)
        }
        guard kind == .webhook, let meter = byAddress[kind] else { return try await next(context) }
        do {
            return try await next(context)
        } catch  where proofs.failed(error) {
            let address = ClientAddress(context.request.head.remoteAddress).key
            guard let seconds = meter.take(address) else { throw error }
            throw refuse(kind, by: "address", seconds)
        }
    }
}
