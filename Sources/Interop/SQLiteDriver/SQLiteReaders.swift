internal import Database
internal import DriverSupport
private import Threads

/// Connections that only read, each on a thread of its own, from one line.
final class SQLiteReaders: Sendable {
    private let line: TransactionQueue
    private let spare: Monitor<[SQLiteConnection]>

    init(_ settings: SQLiteConnection.Settings, count: Int, waitingMax: Int) throws {
        let connections = try (0..<count).map { _ in try SQLiteConnection(settings, role: .reader) }
        let spare = Monitor(connections)
        self.spare = spare
        line = TransactionQueue(waitingMax: waitingMax, workersMax: count) { line in
            try OwnedThread.start(named: "sqlite-read") {
                if let connection = spare.withLock({ $0.popLast() }) {
                    Self.serve(line, on: connection)
                    spare.withLock { $0.append(connection) }
                }
                line.workerEnds()
            }
        }
    }

    func perform<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await line.perform(isWrite: false, body)
    }

    var standing: DatabaseLine { line.standing(named: "read") }

    func refuse() { line.refuse() }

    func close() async { await line.close() }

    /// Closes what no thread uses any more; after `close`.
    func closeConnections() { for connection in spare.withLock({ $0 }) { connection.close() } }

    private static func serve(_ line: TransactionQueue, on connection: SQLiteConnection) {
        while let jobs = line.take(atMost: 1) {
            for job in jobs {
                do {
                    try connection.begin(mayWrite: false)
                    defer { connection.rollBack() }
                    try job.run(in: Transaction(dialect: .sqlite, session: connection))
                } catch {
                    job.finish(error)
                    continue
                }
                job.finish(nil)
            }
        }
    }
}
