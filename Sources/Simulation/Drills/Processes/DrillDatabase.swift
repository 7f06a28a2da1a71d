internal import ChildProcess
public import Database
public import Kernel
internal import PostgresDriver
internal import SQLiteDriver

/// A fresh database of a drill: a file, or one of its own in a server, dropped at the end.
public struct DrillDatabase: Sendable {
    /// Its `DATABASE_URL`.
    public let url: String
    /// Which engine.
    public let dialect: SQLDialect
    private let server: (url: String, name: String)?

    /// A file that is not there yet.
    public static func sqlite(file path: String) -> DrillDatabase {
        DrillDatabase(url: "sqlite:\(path)", dialect: .sqlite, server: nil)
    }

    /// A database of PostgreSQL that is there, empty, and stays.
    public static func given(_ url: String) -> DrillDatabase {
        DrillDatabase(url: url, dialect: .postgresql, server: nil)
    }

    /// Makes a database in the server that a URL without parameters names. Throws ``DrillFailure``.
    public static func postgresql(
        server url: String, on site: Site, random: any RandomSource
    ) async throws -> DrillDatabase {
        guard let slash = url.lastIndex(of: "/"), !url.contains("?"), url[..<slash].contains("@") else {
            throw DrillFailure("the server's URL must be postgresql://user@host:port/database")
        }
        let name = "kessai_drill_" + random.alphanumerics(12).lowercased()
        try await execute("CREATE DATABASE \(name)", at: url, on: site)
        return DrillDatabase(url: url[...slash] + name, dialect: .postgresql, server: (url, name))
    }

    /// Opens it for reading the books.
    public func open(clock: any WallClock) throws -> any Database {
        switch dialect {
        case .sqlite:
            try SQLiteDatabase(
                at: .file(path: String(url.dropFirst("sqlite:".count))), copiesLog: false, clock: clock)
        case .postgresql: try PostgresDatabase(url: url, connectionsMax: 2, clock: clock)
        }
    }

    /// Drops it where it is a server's; a file stays for who wants to look. Throws ``DrillFailure``.
    public func drop(on site: Site) async throws {
        guard let server else { return }
        try await Self.execute("DROP DATABASE \(server.name) WITH (FORCE)", at: server.url, on: site)
    }

    /// Such statements stand outside transactions, which the driver does not offer; PostgreSQL's own client does.
    private static func execute(_ statement: String, at url: String, on site: Site) async throws {
        let log = site.log("psql")
        let child = try ChildProcess(
            "/usr/bin/env", ["psql", "-qX", url, "-c", statement],
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], directory: site.folder, output: log, errors: log)
        // Also when the drill is asked to end: what is made must be known, to be dropped.
        guard try await uncancelled({ try await site.end(of: child, within: .seconds(60)) }) == .exited(0) else {
            child.send(.kill)
            throw DrillFailure("psql: \(site.written("psql"))")
        }
    }
}
