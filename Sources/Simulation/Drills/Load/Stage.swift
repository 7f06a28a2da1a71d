public import Kernel
private import Synchronization

/// How far a drill is: clients begin new things while it storms, and finish what they began in the calm, up to its end.
public final class Stage: Sendable {
    private enum State {
        case storm
        case calm(until: Timestamp)
    }
    private let state = Mutex(State.storm)
    private let clock: any WallClock

    /// A storm.
    public init(clock: any WallClock) { self.clock = clock }

    /// Whether new things are begun.
    public var isStorm: Bool { state.withLock { if case .storm = $0 { true } else { false } } }

    /// Whether nobody waits any longer.
    public var isOver: Bool {
        state.withLock { state in
            guard case .calm(let end) = state else { return false }
            return clock.now() >= end
        }
    }

    /// Everything is up from now on; who waits does so for this long at most.
    public func calmDown(patience: Duration) {
        let end = clock.now().adding(patience)
        state.withLock { $0 = .calm(until: end) }
    }
}
