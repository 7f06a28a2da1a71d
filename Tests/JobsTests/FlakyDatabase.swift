import Database
import Synchronization

@testable import Jobs

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

/// A database whose notifications are rung by hand: every ring ends one wait, also one that comes later.
final class BellDatabase: Database {
    private let inner: any Database
    private let rings = Gauge()
    private let waits = Mutex(0)

    init(_ inner: any Database) { self.inner = inner }

    var dialect: SQLDialect { inner.dialect }

    func ring() { rings.raise() }

    func write<Result: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Result) async throws -> Result {
        try await inner.write(body)
    }

    func read<Result: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Result) async throws -> Result {
        try await inner.read(body)
    }

    func wait(forNotification channel: String, timeout: Duration) async throws {
        let mark = waits.withLock { waits -> Int in
            waits += 1
            return waits
        }
        await rings.wait(for: mark)
    }

    func close() async { await inner.close() }
}
