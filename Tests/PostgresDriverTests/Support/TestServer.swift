import Database
import Foundation
import Kernel
import PostgresDriver
import Synchronization
import Testing

/// The server that the environment names, and a schema of its own for each test.
enum TestServer {
    static let variable = "KESSAI_TEST_POSTGRES"
    static let url = ProcessInfo.processInfo.environment[variable]
    static let poolerURL = ProcessInfo.processInfo.environment["KESSAI_TEST_PGBOUNCER"]
    /// The server behind the pooler.
    static let pooledURL = ProcessInfo.processInfo.environment["KESSAI_TEST_PGBOUNCER_DIRECT"]
    static var isThere: Bool { url != nil }

    private static let nextNumber = Atomic<Int>(0)

    /// A name that no other test, also of another process, has.
    static func freshName() -> String {
        let number = nextNumber.add(1, ordering: .relaxed).newValue
        return "test_\(ProcessInfo.processInfo.processIdentifier)_\(number)"
    }

    /// The server's URL with parameters.
    static func url(_ parameters: [String: String], at base: String? = url) throws -> String {
        let base = try #require(base)
        let query = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\(encoded($0.value))" }
        return base + (base.contains("?") ? "&" : "?") + query.joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x5A || byte >= 0x61 && byte <= 0x7A
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}

/// A schema that is gone after the test, and databases that work in it.
struct Sandbox {
    let schema: String
    let url: String
    let database: PostgresDatabase
    /// A connection of its own that looks from outside.
    let admin: PostgresDatabase

    /// The name by which the server knows the sandbox's connections.
    var applicationName: String { schema }

    /// Another node on the same schema.
    func node(connectionsMax: Int = 2, limits: PostgresLimits = PostgresLimits()) throws -> PostgresDatabase {
        try PostgresDatabase(url: url, connectionsMax: connectionsMax, limits: limits, clock: SystemClock())
    }

    /// Ends the server's side of the sandbox's connections; returns how many there were.
    @discardableResult
    func terminateConnections() async throws -> Int {
        let name = applicationName
        let count = try await admin.write { tx in
            try tx.rows(
                """
                SELECT pg_terminate_backend(pid, 5000) AS ended FROM pg_stat_activity WHERE application_name = \(name)
                """
            ).count
        }
        return count
    }

    /// Whether the last thing a connection of the sandbox did was to begin to hear `channel`.
    func hears(_ channel: String) async throws -> Bool {
        let (name, query) = (applicationName, "LISTEN \"\(channel)\"")
        return try await admin.read { tx in
            try tx.row(
                """
                SELECT pid FROM pg_stat_activity WHERE application_name = \(name) AND query = \(query)
                AND state = 'idle'
                """) != nil
        }
    }

    /// How many connections the sandbox has.
    func connectionCount() async throws -> Int {
        let name = applicationName
        return try await admin.read { tx in
            Int(
                try #require(
                    try tx.row("SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = \(name)")
                ).int("n"))
        }
    }
}

/// Runs `body` with a fresh schema.
func withSandbox(
    connectionsMax: Int = 4, limits: PostgresLimits = PostgresLimits(), at base: String? = TestServer.url,
    _ body: (Sandbox) async throws -> Void
) async throws {
    let schema = TestServer.freshName()
    let admin = try PostgresDatabase(
        url: try #require(base), connectionsMax: 1, clock: SystemClock())
    try await admin.run("CREATE SCHEMA \(schema)")
    let url = try TestServer.url(["options": "-c search_path=\(schema)", "application_name": schema], at: base)
    let database = try PostgresDatabase(url: url, connectionsMax: connectionsMax, limits: limits, clock: SystemClock())
    let sandbox = Sandbox(schema: schema, url: url, database: database, admin: admin)
    let result: Result<Void, any Error>
    do { result = .success(try await body(sandbox)) } catch { result = .failure(error) }
    await database.close()
    // What is left of a schema harms no other test.
    try? await admin.run("DROP SCHEMA IF EXISTS \(schema) CASCADE")
    await admin.close()
    try result.get()
}

extension Database {
    /// Runs statements in one transaction.
    func run(_ statements: String...) async throws {
        try await write { tx in for statement in statements { try tx.execute(SQL(unsafe: statement)) } }
    }

    /// The first column `n` of a row.
    func number(_ sql: String) async throws -> Int64 {
        try await read { tx in try #require(try tx.row(SQL(unsafe: sql))).int("n") }
    }
}

/// Counts how often a closure ran.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .sequentiallyConsistent) }
    @discardableResult
    func rise() -> Int { count.add(1, ordering: .sequentiallyConsistent).newValue }
}
