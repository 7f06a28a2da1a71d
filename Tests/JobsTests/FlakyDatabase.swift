import Database
import Synchronization

/// A database whose next writes fail before they begin.
final class FlakyDatabase: Database {
    private let inner: any Database
    private let failing = Mutex<(error: DatabaseError, times: Int)>((.conflict, 0))

    init(_ inner: any Database) { self.inner = inner }

    var dialect: SQLDialect { inner.dialect }

    func fail(_ error: DatabaseError, times: Int) { failing.withLock { $0 = (error, times) } }

    func write<Result: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Result) async throws -> Result {
        let error = failing.withLock { failing -> DatabaseError? in
            guard failing.times > 0 else { return nil }
            failing.times -= 1
            return failing.error
        }
        if let error { throw error }
        return try await inner.write(body)
    }

    func read<Result: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Result) async throws -> Result {
        try await inner.read(body)
    }

    func wait(forNotification channel: String, timeout: Duration) async throws {
        try await inner.wait(forNotification: channel, timeout: timeout)
    }

    func close() async { await inner.close() }
}
