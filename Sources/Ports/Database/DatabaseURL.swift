public import Kernel

/// Which database a setting names; what `DATABASE_URL` may be. Opening it is the driver's work.
public enum DatabaseURL: Sendable, Equatable, CustomStringConvertible {
    /// A file of SQLite, by its path.
    case sqliteFile(path: String)
    /// SQLite in memory, gone with the process.
    case sqliteMemory
    /// A PostgreSQL server, by its whole URL, which holds a password and is never printed (law 13).
    case postgresql(url: Secret)

    /// Why a text names no database. The text itself is not repeated: it may hold a password.
    public struct Invalid: Error, Equatable, CustomStringConvertible {
        /// What to write instead.
        public let description: String
    }

    /// Reads `sqlite:relative/path.db`, `sqlite:/absolute` or `sqlite:///absolute`, `sqlite::memory:`, and
    /// `postgresql://…` or `postgres://…`, whose parameters are the driver's business. Throws `Invalid`.
    public init(_ text: String) throws(Invalid) {
        guard let colon = text.firstIndex(of: ":") else { throw Self.unknown }
        let rest = text[text.index(after: colon)...]
        switch text[..<colon].lowercased() {
        case "postgresql", "postgres":
            guard rest.hasPrefix("//") else {
                throw Invalid(description: "write postgresql://user:password@host:port/database")
            }
            self = .postgresql(url: Secret(text))
        case "sqlite":
            if rest == ":memory:" {
                self = .sqliteMemory
            } else {
                self = .sqliteFile(path: try Self.path(rest))
            }
        default: throw Self.unknown
        }
    }

    /// The file's path, or the kind of database alone.
    public var description: String {
        switch self {
        case .sqliteFile(let path): "sqlite:\(path)"
        case .sqliteMemory: "sqlite::memory:"
        case .postgresql: "postgresql:<redacted>"
        }
    }

    private static func path(_ rest: Substring) throws(Invalid) -> String {
        let path: Substring
        if rest.hasPrefix("//") {
            // After two slashes comes a host, and a file has none.
            path = rest.dropFirst(2)
            guard path.hasPrefix("/") else {
                throw Invalid(description: "write sqlite:relative/path.db or sqlite:///absolute/path.db")
            }
        } else {
            path = rest
        }
        guard !path.isEmpty, !path.hasSuffix("/") else {
            throw Invalid(description: "the SQLite file has no name: write sqlite:relative/path.db")
        }
        guard !path.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "%") || $0 < 0x20 }) else {
            throw Invalid(description: "a path of SQLite has no parameters, %-escapes or control characters")
        }
        return String(path)
    }

    private static let unknown = Invalid(
        description: "write sqlite:path.db, sqlite::memory: or postgresql://user:password@host:port/database")
}
