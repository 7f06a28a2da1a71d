internal import Database
private import Glibc
internal import Kernel
private import PostgresDriver
private import Synchronization

/// A schema of its own on the private PostgreSQL, for one test.
struct TestSchema {
    /// Connections of one test at most, so that many at once do not use up the server's.
    static let connectionsMax = 3
    private static let nextNumber = Atomic<Int>(0)

    /// Its name, which no other test has, also of another process.
    let name: String
    private let url: String

    /// A schema that is not made yet. Throws `PostgresMissing`.
    init() throws {
        guard let url = TestEngine.postgresURL else { throw PostgresMissing() }
        self.url = url
        let number = Self.nextNumber.add(1, ordering: .relaxed).newValue
        name = "kessai_test_\(getpid())_\(number)"
    }

    /// A database that works in the schema. Extensions live in `public`, for all schemas.
    func open(clock: any WallClock) throws -> any Database {
        let parameters = "options=-csearch_path%3D\(name)%2Cpublic&application_name=\(name)"
        return try PostgresDatabase(
            url: url + (url.contains("?") ? "&" : "?") + parameters, connectionsMax: Self.connectionsMax, clock: clock)
    }

    /// Makes the schema, free of what a killed run may have left under the same name.
    func create(_ database: any Database) async throws {
        let name = name
        try await database.write { tx in
            try tx.execute(SQL(unsafe: "DROP SCHEMA IF EXISTS \(name) CASCADE"))
            try tx.execute(SQL(unsafe: "CREATE SCHEMA \(name)"))
        }
    }

    /// Removes the schema on a connection of its own: the test may have closed its database, or been cancelled.
    func drop(clock: any WallClock) async {
        let name = name
        let dropping = Task {
            guard let url = TestEngine.postgresURL else { return }
            let database = try PostgresDatabase(url: url, connectionsMax: 1, clock: clock)
            // What is left of a schema harms no other test, so a failure is no failure of this one.
            _ = try? await database.write { try $0.execute(SQL(unsafe: "DROP SCHEMA IF EXISTS \(name) CASCADE")) }
            await database.close()
        }
        _ = await dropping.result
    }
}
