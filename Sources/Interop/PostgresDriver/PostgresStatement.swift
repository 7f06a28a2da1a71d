internal import Database
private import DriverSupport

/// A statement that a connection has seen.
final class PostgresStatement {
    /// Text and types: what makes two statements the same.
    struct Key: Hashable {
        let shape: SQLShape
        let types: [UInt32]
    }

    let key: Key
    /// Its text.
    let text: String
    /// The name on the server: a hash of text and types, so that it means the same on every connection.
    let name: String
    private let isWorthPreparing: Bool
    /// Whether its name cannot be used, as the server's statement of that name gives another answer and stays.
    var isNameless = false
    /// Whether the server's connection has it under its name, as far as is known.
    var isPrepared = false
    /// How often it ran here.
    var uses = 0
    /// The turn of its last use, for the cache.
    var lastUse: UInt64 = 0
    /// The columns of its answers, once known.
    var answer: PostgresAnswer?

    /// Whether preparing it is possible and saves anything; a definition of a table is run once.
    var mayHaveName: Bool { isWorthPreparing && !isNameless }

    /// Throws `DatabaseError.statement` when it would begin or end a transaction, which only the driver may do.
    init(_ key: Key) throws(DatabaseError) {
        let text = key.shape.text
        let kind = StatementText(text)
        if kind.controlsTransaction {
            throw .statement(code: "25000", message: "a closure may not begin or end a transaction")
        }
        self.key = key
        self.text = text
        isWorthPreparing = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "MERGE"].contains(kind.firstWord)
        name = Self.name(text, key.types)
    }

    /// FNV-1a twice with different beginnings: 128 bits.
    private static func name(_ text: String, _ types: [UInt32]) -> String {
        var first: UInt64 = 0xCBF2_9CE4_8422_2325
        var second: UInt64 = 0x6C62_272E_07BB_0142
        func mix(_ byte: UInt8) {
            first = (first ^ UInt64(byte)) &* 0x100_0000_01B3
            second = (second ^ UInt64(byte)) &* 0x100_0000_01B3
            second ^= second >> 29
        }
        for type in types { withUnsafeBytes(of: type.littleEndian) { $0.forEach(mix) } }
        for byte in text.utf8 { mix(byte) }
        return "kessai_\(String(first, radix: 16))_\(String(second, radix: 16))"
    }
}

/// The statements of a connection, of which the longest unused leave.
struct PostgresStatements {
    private var known: [PostgresStatement.Key: PostgresStatement] = [:]
    private let countMax: Int
    private var turn: UInt64 = 0
    /// Whether the server would not let go of one: a pooler keeps names by itself, or has another connection now.
    /// Then none leaves, and what finds no room has no name.
    var keepsAll = false
    /// How often a name was missing or taken.
    private(set) var surprises = 0

    /// Surprises after which a connection is taken to be a pooler's and uses no names any more.
    static let surprisesMax = 8
    /// After so many statements one surprise is forgotten, so that names are tried again now and then.
    static let statementsPerSurprise: UInt64 = 10_000

    init(countMax: Int) { self.countMax = max(countMax, 8) }

    /// Whether names are of use on this connection.
    var mayUseNames: Bool { surprises < Self.surprisesMax }

    /// The statement; one that finds no room is not kept.
    mutating func find(_ shape: SQLShape, _ types: [UInt32]) throws(DatabaseError) -> PostgresStatement {
        turn += 1
        if turn % Self.statementsPerSurprise == 0, surprises > 0 { surprises -= 1 }
        let key = PostgresStatement.Key(shape: shape, types: types)
        let statement: PostgresStatement
        if let found = known[key] {
            statement = found
        } else {
            statement = try PostgresStatement(key)
            if known.count < countMax { known[key] = statement }
        }
        statement.uses += 1
        statement.lastUse = turn
        return statement
    }

    /// When there is no room: the longest unused eighth.
    func longestUnused() -> [PostgresStatement] {
        guard known.count >= countMax, !keepsAll else { return [] }
        return Array(known.values.sorted { $0.lastUse < $1.lastUse }.prefix(countMax / 8))
    }

    /// Learns from a name that was not as expected.
    mutating func learn(_ fault: PostgresFault, _ statement: PostgresStatement) {
        switch fault.code {
        case "26000":
            // Whoever dropped one has most likely dropped all.
            for statement in known.values { statement.isPrepared = false }
            keepsAll = false
            surprises += 1
        case "42P05":
            statement.isPrepared = true
            surprises += 1
        default: break
        }
    }

    /// Forgets one, so that it is prepared anew.
    mutating func forget(_ statement: PostgresStatement) { known[statement.key] = nil }
}
