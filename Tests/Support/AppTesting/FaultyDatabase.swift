public import Database
private import Synchronization

/// A database that goes away when it is told to: what had begun is rolled back, as after a crash.
public final class FaultyDatabase: Database {
    private struct Plan {
        var writesLeft: Int?
        var readsFail = false
        var commitsUnknown = 0
        var commitsBefore = 0
        var isUndone = false
    }
    private struct Undone: Error {}
    private let refusals = Mutex(0)
    private let losses = Mutex(0)
    private let inner: any Database
    private let plan = Mutex(Plan())

    /// Works as `inner` does, until told otherwise.
    public init(_ inner: any Database) { self.inner = inner }

    /// Lets so many more writes through; then none, until ``comeBack()``.
    public func goAway(afterWrites count: Int = 0) {
        plan.withLock {
            $0.writesLeft = count
            $0.readsFail = count == 0
        }
    }

    /// Says of the next write that nobody knows whether it is there (a connection that breaks at commit): it is, or it
    /// `isUndone`. `writes` are let through before it.
    public func loseNextCommit(afterWrites writes: Int = 0, isUndone: Bool = false) {
        plan.withLock {
            $0.commitsUnknown += 1
            $0.commitsBefore = writes
            $0.isUndone = isUndone
        }
    }

    /// How many commits were lost so.
    public var lostCount: Int { losses.withLock { $0 } }

    /// How many times it was not there when it was asked.
    public var refusedCount: Int { refusals.withLock { $0 } }

    private func unavailable() -> DatabaseError {
        refusals.withLock { $0 += 1 }
        return .unavailable(reason: "the test took it away")
    }

    /// Works again.
    public func comeBack() { plan.withLock { $0 = Plan() } }

    /// The engine.
    public var dialect: SQLDialect { inner.dialect }

    /// Runs `body`, or throws `unavailable`.
    public func write<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        let isAway = plan.withLock { plan -> Bool in
            guard let left = plan.writesLeft else { return false }
            if left == 0 {
                plan.readsFail = true
                return true
            }
            plan.writesLeft = left - 1
            return false
        }
        if isAway { throw unavailable() }
        let isUndone = plan.withLock { $0.isUndone && $0.commitsUnknown > 0 && $0.commitsBefore == 0 }
        var result: Result?
        do {
            result = try await inner.write { tx in
                let result = try body(tx)
                if isUndone { throw Undone() }
                return result
            }
        } catch is Undone {}
        let isLost = plan.withLock { plan -> Bool in
            guard plan.commitsUnknown > 0 else { return false }
            guard plan.commitsBefore == 0 else {
                plan.commitsBefore -= 1
                return false
            }
            plan.commitsUnknown -= 1
            return true
        }
        guard !isLost, let result else {
            losses.withLock { $0 += 1 }
            throw DatabaseError.commitUnknown
        }
        return result
    }

    /// Runs `body`, or throws `unavailable`.
    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        if plan.withLock({ $0.readsFail }) { throw unavailable() }
        return try await inner.read(body)
    }

    /// Waits as the inner one does.
    public func wait(forNotification channel: String, timeout: Duration) async throws {
        try await inner.wait(forNotification: channel, timeout: timeout)
    }

    /// The inner one is closed by whoever opened it.
    public func close() async {}
}
