internal import HTTP
public import Kernel
private import Synchronization

/// Refuses early what could not be served in time, so that what is accepted keeps its latency: 503 `overloaded` with
/// `Retry-After`, before the body is read where it can be told then.
///
/// What is under way takes about as long as there is of it, divided by how much is finished in a second. So each class may
/// begin while that stays within its patience: reading gives up first, then writing, and signed events last, since Stripe would
/// send a refused one again only after a while. Requests that wait for Stripe stand in a line of their own, which is long: they
/// cost little while they wait, and what Stripe is slow at must not shut out the rest. Health is never refused.
public final class LoadGate: Sendable {
    /// How long requests of a class may have to wait for those before them, in milliseconds; nil for the line of those that
    /// wait for Stripe.
    static func patienceMs(_ kind: RateClass) -> Int64? {
        switch kind {
        case .free, .payment, .checkout: nil
        case .read, .page: 100
        case .write, .login: 250
        case .webhook: 500
        }
    }

    /// How many may be under way whatever the pace: a node that was idle does not know its own yet.
    static func least(_ kind: RateClass) -> Int {
        switch kind {
        case .free: .max
        case .read, .page: 128
        case .write, .login: 256
        case .webhook, .payment, .checkout: 512
        }
    }

    /// The pace is the best of so many pieces of time, each so long: a pause of ten seconds forgets it.
    private static let pieces = 40
    private static let pieceMs: Int64 = 250

    private struct State {
        /// Those that work, and those that wait for Stripe.
        var underWay = (own: 0, stripe: 0)
        var finished = [Int](repeating: 0, count: LoadGate.pieces)
        var piece: Int64 = 0
        var refused: Int64 = 0

        /// Forgets what is too long ago.
        mutating func go(to piece: Int64) {
            guard piece != self.piece else { return }
            // A clock that was set back begins anew.
            let steps = piece > self.piece ? min(piece - self.piece, Int64(LoadGate.pieces)) : Int64(LoadGate.pieces)
            for step in 0..<steps { finished[LoadGate.index(of: piece - step)] = 0 }
            self.piece = piece
        }
    }

    private let clock: any WallClock
    private let state = Mutex(State())

    /// A gate before an idle node.
    public init(clock: any WallClock) { self.clock = clock }

    /// Whether a request of a class would be refused now.
    func isFull(for kind: RateClass) -> Bool {
        let piece = clock.now().epochMs / Self.pieceMs
        return state.withLock { state in
            state.go(to: piece)
            let isFull = Self.isFull(state, for: kind)
            if isFull { state.refused += 1 }
            return isFull
        }
    }

    /// Lets a request begin, or refuses it; `end` must follow when it began.
    func begin(_ kind: RateClass) -> Bool {
        let piece = clock.now().epochMs / Self.pieceMs
        return state.withLock { state in
            state.go(to: piece)
            guard !Self.isFull(state, for: kind) else {
                state.refused += 1
                return false
            }
            if Self.patienceMs(kind) == nil { state.underWay.stripe += 1 } else { state.underWay.own += 1 }
            return true
        }
    }

    /// A request that began is over.
    func end(_ kind: RateClass) {
        let piece = clock.now().epochMs / Self.pieceMs
        state.withLock { state in
            state.go(to: piece)
            if Self.patienceMs(kind) == nil {
                state.underWay.stripe -= 1
            } else {
                state.underWay.own -= 1
                state.finished[Self.index(of: piece)] += 1
            }
        }
    }

    /// How many requests were refused since the process began.
    public var refusedCount: Int64 { state.withLock { $0.refused } }

    private static func isFull(_ state: State, for kind: RateClass) -> Bool {
        guard let patience = patienceMs(kind) else { return state.underWay.stripe >= least(kind) }
        let best = Int64(state.finished.max() ?? 0)
        return state.underWay.own >= max(least(kind), Int(best * patience / pieceMs))
    }

    private static func index(of piece: Int64) -> Int {
        Int(((piece % Int64(pieces)) + Int64(pieces)) % Int64(pieces))
    }
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
