public import Database
public import Kernel

/// Where a database stands between a move into it and its use.
public enum MoveState: Sendable, Equatable {
    /// Nothing was moved into it. SQLite is never moved into.
    case none
    /// A move into it is at work now.
    case running
    /// A move into it was begun and is not done: it was interrupted, or is between two of its transactions.
    case begun(Timestamp)
    /// A move into it is done, and nobody has begun to serve it.
    case unserved(since: Timestamp)
    /// It was moved into and is served since: the move is over.
    case inUse(since: Timestamp)

    /// How a database stands now. It waits for no lock of a move, and writes nothing. Throws `DatabaseError`.
    public static func of(_ database: any Database) async throws -> MoveState {
        guard database.dialect == .postgresql else { return .none }
        return try await database.read { tx in try MoveState(in: tx) }
    }

    /// Within a transaction, in which no move begins any more. Where each statement sees what was committed before it,
    /// as in a write, what is found stays so until the transaction ends.
    init(in tx: Transaction) throws {
        guard tx.dialect == .postgresql else {
            self = .none
            return
        }
        guard try MoveGate.enter(tx) else {
            self = .running
            return
        }
        guard try MoveRecord.isKept(in: tx) else {
            self = .none
            return
        }
        if let at = try MoveRecord.begun(in: tx) {
            self = .begun(at)
            return
        }
        guard let record = try MoveRecord.latest(in: tx) else {
            self = .none
            return
        }
        self = record.inUseSince.map { .inUse(since: $0) } ?? .unserved(since: record.at)
    }

    /// Throws `DatabaseError.schemaMismatch`, with what to do, while a move is not done: rows are still missing, and who
    /// served the database would begin a new installation.
    public func requireNotUnderWay() throws {
        if isUnderWay { throw DatabaseError.schemaMismatch(words) }
    }

    /// Whether a move was begun and is not done.
    public var isUnderWay: Bool {
        switch self {
        case .running, .begun: true
        case .none, .unserved, .inUse: false
        }
    }

    /// What there is to say of it, and what to do.
    public var words: String {
        switch self {
        case .none: "nothing was moved into this database"
        case .running:
            "a move into this database (kessai migrate --from … --to …) is under way; wait until it has ended"
        case .begun(let at):
            "a move into this database was begun \(at) and is not done: let it end or, if it was interrupted, run the "
                + "same `kessai migrate --from … --to …` again, which does all that is missing"
        case .unserved(let since):
            "moved into \(since), and nobody serves it yet: `kessai serve` takes it into use, and until then, and as "
                + "long as nothing else writes into it, the same move may be repeated"
        case .inUse(let since): "moved into, and in use since \(since): the move is over"
        }
    }

    /// One word, for machines.
    public var word: String {
        switch self {
        case .none: "none"
        case .running: "running"
        case .begun: "begun"
        case .unserved: "unserved"
        case .inUse: "in_use"
        }
    }
}

/// What keeps a move and the beginning of service apart: a lock of PostgreSQL that is held until a transaction ends.
enum MoveGate {
    /// Goes in beside others who look at the database or begin to use it; false when a move is at work, for which nobody
    /// waits here.
    static func enter(_ tx: Transaction) throws -> Bool {
        // Where the schema does not exist, what comes next says so.
        try tx.row(
            "SELECT pg_try_advisory_xact_lock_shared(7239003, hashtext(COALESCE(current_schema(), ''))) AS is_in")?
            .bool("is_in") ?? false
    }

    /// Keeps all others out, for a move; waits for those who are in, which takes them no time.
    static func close(_ tx: Transaction) throws {
        try tx.execute("SELECT pg_advisory_xact_lock(7239003, hashtext(COALESCE(current_schema(), '')))")
    }
}
