/// A database: the closure runs on the connection's own thread, inside a transaction, and cannot await.
public protocol Database: Sendable {
    /// The engine.
    var dialect: SQLDialect { get }

    /// Runs `body` in a transaction and returns once it is durable; when it throws, nothing of it stays.
    ///
    /// Writers see each other as if they came one after the other as far as rows they lock with `forUpdate` or change
    /// by one statement; a collision is repeated by the driver, so `body` may run more than once. It is done also when
    /// the task was cancelled: it records what has happened already, such as a vendor's answer (law 2).
    /// Throws what `body` throws, or `DatabaseError`.
    @discardableResult
    func write<Result: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Result) async throws -> Result

    /// Runs `body` on one consistent snapshot that is at least as new as every write that had returned; a statement
    /// that writes throws. A cancelled task's read that has not begun throws `CancellationError`. Throws what `body`
    /// throws, or `DatabaseError`.
    func read<Result: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Result) async throws -> Result

    /// Waits until `channel` was notified by a commit of any node, or `timeout` is over. Notifications may be lost:
    /// it only saves waiting. Where the engine has none, waits for the time-out by the clock it was made with.
    func wait(forNotification channel: String, timeout: Duration) async throws

    /// Finishes what runs, refuses what waits, and closes the connections. A second call does nothing.
    func close() async
}
