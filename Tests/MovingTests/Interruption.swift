import Database
import DriverSupport

/// Somebody ends the move.
struct Interruption: Error {}

/// Counts the pages that a move tells of.
final class Pages: Sendable {
    private let count = Monitor(0)

    /// The number of this one, from 1.
    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}

/// Holds the move's thread until the test lets it go.
final class Latch: Sendable {
    private let monitor = Monitor((isOpen: false, isReached: false))

    /// Blocks the thread that calls, for at most four minutes, so that a test that fails ends.
    func hold() {
        monitor.withLock { $0.isReached = true }
        monitor.broadcast()
        _ = monitor.wait(timeoutMs: 240_000) { $0.isOpen ? true : nil }
    }

    /// Lets go whoever holds or will hold.
    func open() {
        monitor.withLock { $0.isOpen = true }
        monitor.broadcast()
    }

    /// Waits until somebody holds, for four minutes at most: a move that fails before never does.
    func reached() async throws {
        let deadline = ContinuousClock.now + .seconds(240)
        while !monitor.withLock({ $0.isReached }) {
            if ContinuousClock.now >= deadline { throw NeverReached() }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Nobody came to the latch.
    struct NeverReached: Error {}
}

/// A database that somebody else writes once, right after a move into it has begun; it may be away at once after that.
struct Meddled: Database {
    private let inner: any Database
    private let deed: @Sendable (Transaction) throws -> Void

    private let breaks: Bool
    private let isDone = Monitor(false)

    init(_ inner: any Database, breaks: Bool = false, _ deed: @escaping @Sendable (Transaction) throws -> Void) {
        self.inner = inner
        self.breaks = breaks
        self.deed = deed
    }

    var dialect: SQLDialect { inner.dialect }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        let deed = deed
        let isBegun = try await inner.read { tx in
            guard try tx.row("SELECT to_regclass('database_moves')::text AS name")?.textOrNil("name") != nil else {
                return false
            }
            return try tx.row("SELECT 1 AS one FROM database_moves WHERE state = 'copying'") != nil
        }
        if isBegun, !isDone.withLock({ $0 }) {
            try await inner.write { tx in try deed(tx) }
            isDone.withLock { $0 = true }
        }
        if breaks, isDone.withLock({ $0 }) { throw DatabaseError.unavailable(reason: "the test took it away") }
        return try await inner.write(body)
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result { try await inner.read(body) }

    func wait(forNotification channel: String, timeout: Duration) async throws {
        try await inner.wait(forNotification: channel, timeout: timeout)
    }

    func close() async {}
}
