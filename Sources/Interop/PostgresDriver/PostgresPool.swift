internal import Database
internal import DriverSupport
internal import Kernel

/// Connections, opened when they are needed and kept while they are well.
final class PostgresPool: Sendable {
    private struct State: Sendable {
        var idle: [PostgresConnection] = []
        /// Open connections, idle or in use.
        var open = 0
        /// Failures to open since the last success.
        var failures = 0
        var retryAtMs: Int64 = 0
        var awaySinceMs: Int64 = 0
        var isProbing = false
        var reason = ""
        var isClosed = false

        /// Counts a failure; the server may be tried again at once.
        mutating func away(_ reason: String) {
            if failures == 0 { awaySinceMs = MonotonicTime.nowMs() }
            failures += 1
            self.reason = reason
            retryAtMs = 0
        }
    }
    private enum Step { case use(PostgresConnection), open, fail(DatabaseError) }

    /// The waits between attempts to reach a server that is away, in milliseconds.
    static let backoffFirstMs = 50
    static let backoffMostMs = 2_000

    private let monitor = Monitor(State())
    private let target: Redacted<PostgresTarget>
    private let statementsMax: Int
    private let waitMs: Int
    /// Hears of the server's going and coming, once each.
    private let log: Log?

    init(_ target: Redacted<PostgresTarget>, statementsMax: Int, waitMs: Int, log: Log?) {
        self.target = target
        self.statementsMax = statementsMax
        self.waitMs = waitMs
        self.log = log
    }

    /// A connection, a new one if `mustBeFresh` and the server gives one.
    ///
    /// While the server is away one caller tries it now and then, and the others are told at once:
    /// `DatabaseError.unavailable`. When it only gives no more connections, waits for one in use, for as long as the limits
    /// say, and is told the same then.
    func take(mustBeFresh: Bool) throws(DatabaseError) -> PostgresConnection {
        var mustBeFresh = mustBeFresh
        let untilMs = MonotonicTime.nowMs() + Int64(waitMs)
        var leftMs = waitMs
        var mayTry = true
        while true {
            let (isFresh, tries) = (mustBeFresh, mayTry)
            let step = monitor.wait(timeoutMs: max(leftMs, 0)) { state in Self.step(&state, isFresh, tries) }
            mustBeFresh = false
            // Time over, it looks once more and does not try the server again.
            leftMs = Int(untilMs - MonotonicTime.nowMs())
            mayTry = leftMs > 0
            switch step {
            case .use(let connection): return connection
            case .open: if let connection = open() { return connection }
            case .fail(let error): throw error
            case nil: throw .unavailable(reason: monitor.withLock { $0.reason })
            }
        }
    }

    private static func step(_ state: inout State, _ mustBeFresh: Bool, _ mayTry: Bool) -> Step? {
        if state.isClosed { return .fail(.closed) }
        if !mustBeFresh, let connection = state.idle.popLast() { return .use(connection) }
        if mayTry, state.failures == 0 { return .open }
        if mayTry, !state.isProbing, MonotonicTime.nowMs() >= state.retryAtMs {
            state.isProbing = true
            return .open
        }
        if let connection = state.idle.popLast() { return .use(connection) }
        return state.open == 0 ? .fail(.unavailable(reason: state.reason)) : nil
    }

    private func open() -> PostgresConnection? {
        do {
            let connection = try PostgresConnection(target.reveal(), statementsMax: statementsMax)
            let awaySinceMs = monitor.withLock { state -> Int64? in
                defer {
                    state.open += 1
                    state.failures = 0
                    state.isProbing = false
                }
                return state.failures > 0 ? state.awaySinceMs : nil
            }
            if let awaySinceMs {
                monitor.broadcast()
                log?.info("database_back", ["away_ms": .int(MonotonicTime.nowMs() - awaySinceMs)])
            }
            return connection
        } catch {
            let reason = if case .unavailable(let reason) = error { reason } else { "\(error)" }
            let isFirst = monitor.withLock { state -> Bool in
                state.away(reason)
                state.isProbing = false
                let waitMs = MonotonicTime.backoffMs(
                    failures: state.failures, firstMs: Self.backoffFirstMs, mostMs: Self.backoffMostMs)
                state.retryAtMs = MonotonicTime.nowMs() + Int64(waitMs)
                return state.failures == 1
            }
            if isFirst { log?.warning("database_away", ["error": .string(reason)]) }
            monitor.broadcast()
            return nil
        }
    }

    /// Takes a connection back; one that is not well is closed.
    func giveBack(_ connection: PostgresConnection) {
        let isUsable = connection.isUsable
        let (dropped, isFirst) = monitor.withLock { state -> ([PostgresConnection], Bool) in
            if isUsable, !state.isClosed {
                state.idle.append(connection)
                return ([], false)
            }
            state.open -= 1
            guard connection.wasSilent else { return ([], false) }
            // Each of the idle ones would cost its user the same wait. The next caller tries a new one at once.
            let idle = state.idle
            state.open -= idle.count
            state.idle = []
            guard state.failures == 0 else { return (idle, false) }
            state.away(connection.lastWords)
            return (idle, true)
        }
        if isFirst { log?.warning("database_away", ["error": .string(connection.lastWords)]) }
        // Freed here, outside of the lock: closing talks to the server.
        withExtendedLifetime(dropped) {}
        if isUsable { monitor.signal() } else { monitor.broadcast() }
    }

    /// Closes what is idle; what is in use is closed when it comes back.
    func close() {
        let idle = monitor.withLock { state -> [PostgresConnection] in
            state.isClosed = true
            let idle = state.idle
            state.open -= idle.count
            state.idle = []
            return idle
        }
        monitor.broadcast()
        // Freed here, outside of the lock: closing talks to the server.
        withExtendedLifetime(idle) {}
    }
}
