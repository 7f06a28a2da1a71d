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

    /// How busy the lines to the database are now, for metrics; none where nobody waits in line.
    var lines: [DatabaseLine] { get }

    /// Finishes what runs, refuses what waits, and closes the connections. A second call does nothing.
    func close() async
}

/// A line of closures before a database's connections, and how it stands.
public struct DatabaseLine: Sendable, Equatable {
    /// What they come for: `write`, `read`, or `all` where both use the same connections.
    public let name: String
    /// Closures that wait for a connection.
    public let waiting: Int
    /// Connections at work.
    public let working: Int
    /// The most connections that there may be.
    public let connectionsMax: Int

    /// A line that stands so.
    public init(name: String, waiting: Int, working: Int, connectionsMax: Int) {
        self.name = name
        self.waiting = waiting
        self.working = working
        self.connectionsMax = connectionsMax
    }
}

extension Database {
    /// None.
    public var lines: [DatabaseLine] { [] }
}
