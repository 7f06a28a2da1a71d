internal import HTTP
public import Kernel
private import Synchronization

/// Refuses early what could not be served in time, so that what is accepted keeps its latency: 503 `overloaded` with
/// `Retry-After`, before the body is read where it can be told then.
///
/// What is under way takes about as long as there is of it, divided by the node's pace: how many were finished lately in the
/// time in which there was something to do. So each class may begin while that stays within its patience: reading gives up
/// first, then writing, and signed events last, since Stripe would send a refused one again only after a while. Requests that
/// wait for Stripe stand in a line of their own, which is long: they cost little while they wait, and what Stripe is slow at
/// must not shut out the rest. Health is never refused, and counts nowhere.
public final class LoadGate: Sendable {
    /// How long requests of a class may have to wait for those before them, in milliseconds; nil for the line of those that
    /// wait for Stripe, and for health.
    static func patienceMs(_ kind: RateClass) -> Int64? {
        switch kind {
        case .free, .payment, .checkout: nil
        case .read, .page: 50
        case .write, .login: 200
        case .webhook: 500
        }
    }

    /// How many may be under way whatever the pace: a node that was idle does not know its own yet.
    static func least(_ kind: RateClass) -> Int {
        switch kind {
        case .free: .max
        case .read, .page: 32
        case .write, .login: 96
        case .webhook, .payment, .checkout: 512
        }
    }

    /// The pace is that of the last so many pieces of time, each so long: a pause of two seconds forgets it.
    private static let pieces: Int64 = 8
    private static let pieceMs: Int64 = 250
    /// A few requests that took no time by a clock of milliseconds do not make a pace without end.
    private static let leastBusyMs: Int64 = 4

    private struct Piece {
        var finished: Int64 = 0
        /// For how much of it something was under way.
        var busyMs: Int64 = 0
    }

    /// A clock that goes back by as much was set back.
    private static let setBackLeastMs: Int64 = 1_000

    /// For how long one that was let in by its head is waited for: its connection may break before it begins.
    private static let expectedMs: Int64 = 5_000

    private struct State {
        /// Those that work, and those that wait for Stripe.
        var underWay = (own: 0, stripe: 0)
        /// When those came that were let in and wait for a thread to begin on, by their ids.
        var expected: [String: Int64] = [:]
        var last = [Piece](repeating: Piece(), count: Int(LoadGate.pieces))
        var nowMs: Int64 = 0
        var refused: Int64 = 0

        /// Counts the time that has passed, and forgets what is too long ago.
        mutating func go(to given: Int64) {
            // Who read the clock before another may come after it, and clocks are set right by a little.
            let now = given < nowMs && nowMs - given < LoadGate.setBackLeastMs ? nowMs : given
            guard now != nowMs else { return }
            if !expected.isEmpty, now / LoadGate.pieceMs != nowMs / LoadGate.pieceMs {
                expected = expected.filter { abs(now - $0.value) < LoadGate.expectedMs }
            }
            let piece = now / LoadGate.pieceMs
            // A clock that was set back begins anew.
            let passed = now > nowMs ? min(piece - nowMs / LoadGate.pieceMs, LoadGate.pieces) : LoadGate.pieces
            for step in 0..<max(0, passed) { last[LoadGate.index(of: piece - step)] = Piece() }
            if underWay.own + expected.count > 0, now > nowMs {
                var from = max(nowMs, (piece - LoadGate.pieces + 1) * LoadGate.pieceMs)
                while from < now {
                    let end = min(now, (from / LoadGate.pieceMs + 1) * LoadGate.pieceMs)
                    last[LoadGate.index(of: from / LoadGate.pieceMs)].busyMs += end - from
                    from = end
                }
            }
            nowMs = now
        }

        /// How many are finished while somebody is patient for so long.
        func finished(withinMs patience: Int64) -> Int {
            let (finished, busy) = last.reduce((0, LoadGate.leastBusyMs)) { ($0.0 + $1.finished, $0.1 + $1.busyMs) }
            return Int(finished * patience / busy)
        }
    }

    private let clock: any WallClock
    private let state = Mutex(State())

    /// A gate before an idle node.
    public init(clock: any WallClock) { self.clock = clock }

    /// Lets a request in by its head, or refuses it. One without a body (`isWhole`) will begin as soon as a thread is free, and
    /// counts from now on; of others nobody knows when they will have come.
    func admit(_ kind: RateClass, _ id: String, isWhole: Bool) -> Bool {
        let now = clock.now().epochMs
        return state.withLock { state in
            state.go(to: now)
            guard !Self.isFull(state, for: kind) else {
                state.refused += 1
                return false
            }
            if isWhole, Self.patienceMs(kind) != nil { state.expected[id] = now }
            return true
        }
    }

    /// Lets a request begin, or refuses it unless it counts already; `end` must follow when it began.
    func begin(_ kind: RateClass, _ id: String? = nil) -> Bool {
        let now = clock.now().epochMs
        return state.withLock { state in
            state.go(to: now)
            let isExpected = id.map { state.expected.removeValue(forKey: $0) != nil } ?? false
            guard isExpected || !Self.isFull(state, for: kind) else {
                state.refused += 1
                return false
            }
            switch kind {
            case .free: break
            case .payment, .checkout: state.underWay.stripe += 1
            case .read, .page, .write, .login, .webhook: state.underWay.own += 1
            }
            return true
        }
    }

    /// A request that began is over.
    func end(_ kind: RateClass) {
        let now = clock.now().epochMs
        state.withLock { state in
            state.go(to: now)
            switch kind {
            case .free: break
            case .payment, .checkout: state.underWay.stripe -= 1
            case .read, .page, .write, .login, .webhook:
                state.underWay.own -= 1
                state.last[Self.index(of: state.nowMs / Self.pieceMs)].finished += 1
            }
        }
    }

    /// How many requests were refused since the process began.
    public var refusedCount: Int64 { state.withLock { $0.refused } }

    private static func isFull(_ state: State, for kind: RateClass) -> Bool {
        guard let patience = patienceMs(kind) else { return state.underWay.stripe >= least(kind) }
        return state.underWay.own + state.expected.count >= max(least(kind), state.finished(withinMs: patience))
    }

    private static func index(of piece: Int64) -> Int { Int(((piece % pieces) + pieces) % pieces) }
}

extension Problem {
    /// 503: there is more to do than can be done in time. Nothing was done for the request.
    static var overloaded: Problem {
        Problem(
            status: 503, code: "overloaded",
            detail: "The server has too much to do; nothing was done. Send the request again in a moment.",
            headers: ["Retry-After": "1"])
    }
}
