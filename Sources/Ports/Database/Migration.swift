/// A step of the schema: forward only, never changed once it has shipped. Names no Swift type.
public struct Migration: Sendable {
    /// `feature/0001_what`; ids of one feature run in the order of their numbers.
    public let id: String
    /// The statements for SQLite.
    public let sqlite: [String]
    /// The statements for PostgreSQL.
    public let postgresql: [String]
    private let checksums: (sqlite: String, postgresql: String)

    /// A step whose text differs between the engines.
    public init(_ id: String, sqlite: [String], postgresql: [String]) {
        self.id = id
        self.sqlite = sqlite
        self.postgresql = postgresql
        checksums = (Self.checksum(sqlite), Self.checksum(postgresql))
    }

    /// A step with one text, in PostgreSQL's words: columns are `BIGINT`, `TEXT` and `BYTEA`. For SQLite the tables
    /// that it creates become STRICT and the types of tables SQLite's own; every other statement is taken as it is.
    public init(_ id: String, _ statements: [String]) {
        self.init(id, sqlite: statements.map { MigrationText($0).sqlite }, postgresql: statements)
    }

    /// The statements of an engine.
    public func statements(_ dialect: SQLDialect) -> [String] {
        switch dialect {
        case .sqlite: sqlite
        case .postgresql: postgresql
        }
    }

    /// FNV-1a (64 bits) over the engine's statements: tells an edited step from the one that ran.
    public func checksum(_ dialect: SQLDialect) -> String {
        switch dialect {
        case .sqlite: checksums.sqlite
        case .postgresql: checksums.postgresql
        }
    }

    private static func checksum(_ statements: [String]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for statement in statements {
            for byte in Array(statement.utf8) + [0] {
                hash ^= UInt64(byte)
                hash &*= 0x100_0000_01B3
            }
        }
        let text = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
