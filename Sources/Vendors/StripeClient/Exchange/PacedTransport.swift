public import HTTP
public import Kernel
private import Synchronization

/// A transport that leaves Stripe's rate limit to others: it spreads its requests over time, and goes back to wait when
/// Stripe says that there were too many (429).
///
/// Stripe gives 429 before it looks at the request, so the same request is sent again, with the same key, whatever its
/// method. The wait holds up every later request through this transport: 1 s, 2 s, 4 s, 8 s, 16 s.
public final class PacedTransport: HTTPTransport {
    /// How often a request that Stripe had no room for is sent again.
    public static let returnsMax = 5

    private let inner: any HTTPTransport
    private let clock: any WallClock
    private let interval: Duration
    private let perSecondMax: Int
    /// When the next request would leave if all kept to the interval; the past where there were none lately.
    private let next = Mutex(Timestamp(epochMs: .min))

    /// `perSecondMax` requests a second (1 to 100) through this transport; after a pause a second's worth may leave at
    /// once. The clock sleeps.
    public init(_ inner: any HTTPTransport, clock: any WallClock, perSecondMax: Int = 20) {
        self.inner = inner
        self.clock = clock
        self.perSecondMax = min(max(perSecondMax, 1), 100)
        interval = .milliseconds(1000 / Int64(self.perSecondMax))
    }

    /// Sends when it is this request's turn. Throws what the inner transport throws, and `cancelled` while it waits.
    public func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        var returns = 0
        while true {
            try await turn()
            let response = try await inner.send(request)
            guard response.status == 429, returns < Self.returnsMax else { return response }
            postpone(by: .seconds(1 << returns))
            returns += 1
        }
    }

    /// Waits until the request is no further ahead of the interval than a second's worth.
    private func turn() async throws(HTTPTransportError) {
        let now = clock.now()
        let burst = Duration.milliseconds(interval.milliseconds * Int64(perSecondMax - 1))
        let wait = next.withLock { next -> Duration in
            let mine = max(next, now.adding(.zero - burst))
            next = mine.adding(interval)
            return mine.since(now)
        }
        guard wait > .zero else { return }
        do { try await clock.sleep(for: wait) } catch { throw .cancelled }
    }

    private func postpone(by duration: Duration) {
        let until = clock.now().adding(duration)
        next.withLock { $0 = max($0, until) }
    }
}
