import DriverSupport
import Testing

/// Whether `condition` becomes true within a minute: a machine under load is slow, and not at fault.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(2))
    }
    return try await condition()
}

/// Holds closures on their threads until it is opened.
final class Gate: Sendable {
    private let state = Monitor((arrived: 0, isOpen: false))

    /// How many came.
    var arrivedCount: Int { state.withLock { $0.arrived } }

    /// Blocks this thread until the gate is open, for four minutes at most.
    func pass() {
        state.withLock { $0.arrived += 1 }
        _ = state.wait(timeoutMs: 240_000) { $0.isOpen ? true : nil }
    }

    /// Blocks this thread until `count` came, for four minutes at most.
    func meet(_ count: Int) {
        state.withLock { $0.arrived += 1 }
        state.broadcast()
        _ = state.wait(timeoutMs: 240_000) { $0.arrived >= count ? true : nil }
    }

    func open() {
        state.withLock { $0.isOpen = true }
        state.broadcast()
    }
}
