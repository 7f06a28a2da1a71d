internal import Database
internal import JSON
internal import Kernel

/// Whose data a database holds.
struct SourceIdentity: Sendable, Equatable {
    /// The installation's id; nil before it was served.
    let installation: String?
    /// When its first step ran.
    let madeAtMs: Int64

    init(installation: String?, madeAtMs: Int64) {
        self.installation = installation
        self.madeAtMs = madeAtMs
    }

    /// Of the database that is read.
    init(in tx: Transaction) throws {
        let hasInstallation = try TableShape.all(in: tx).contains { $0.name == "installation" }
        installation =
            hasInstallation ? try tx.row("SELECT id FROM installation LIMIT 1")?.text("id") : nil
        madeAtMs = try tx.row("SELECT MIN(applied_at_ms) AS at FROM schema_migrations")?.intOrNil("at") ?? 0
    }

    /// Whether what was moved from `self` may be replaced by what `later` holds now: the same file, that may have been
    /// served for the first time since.
    func isSame(as later: SourceIdentity) -> Bool {
        madeAtMs == later.madeAtMs && (installation == nil || installation == later.installation)
    }
}

/// What the last move into a database left there.
struct MoveRecord: Sendable {
    let number: Int64
    let identity: SourceIdentity
    let contents: [TableContents]
    /// When the move was done.
    let at: Timestamp
    /// When somebody began to serve what it had brought; nil as long as nobody has.
    let inUseSince: Timestamp?

    /// The latest that was done; nil when nothing was ever moved into the database.
    static func latest(in tx: Transaction) throws -> MoveRecord? {
        guard try isKept(in: tx) else { return nil }
        // A target of before the step `moving/0002_use` has no such column.
        let row = try tx.row(
            """
            SELECT number, source_installation, source_made_at_ms, contents, at_ms,
                CAST(to_jsonb(m) ->> 'in_use_since_ms' AS BIGINT) AS in_use_since_ms
            FROM database_moves m WHERE state = 'complete' ORDER BY number DESC LIMIT 1
            """)
        guard let row else { return nil }
        let contents = try JSONValue(parsing: try row.text("contents")).array?.compactMap { TableContents($0) } ?? []
        return MoveRecord(
            number: try row.int("number"),
            identity: SourceIdentity(
                installation: try row.textOrNil("source_installation"), madeAtMs: try row.int("source_made_at_ms")),
            contents: contents, at: try row.time("at_ms"), inUseSince: try row.timeOrNil("in_use_since_ms"))
    }

    /// When a move was begun that is not done; nil when there is none.
    static func begun(in tx: Transaction) throws -> Timestamp? {
        try tx.row("SELECT at_ms FROM database_moves WHERE state = 'copying' LIMIT 1")?.time("at_ms")
    }

    /// Whose move was begun and is not done; nil when there is none.
    static func begunBy(in tx: Transaction) throws -> SourceIdentity? {
        try tx.row(
            "SELECT source_installation, source_made_at_ms FROM database_moves WHERE state = 'copying' LIMIT 1"
        ).map { row in
            SourceIdentity(
                installation: try row.textOrNil("source_installation"), madeAtMs: try row.int("source_made_at_ms"))
        }
    }

    /// Says that what the latest move brought is served.
    static func takeIntoUse(at now: Timestamp, in tx: Transaction) throws {
        try tx.execute(
            """
            UPDATE database_moves SET in_use_since_ms = \(now)
            WHERE state = 'complete' AND in_use_since_ms IS NULL
                AND number = (SELECT MAX(number) FROM database_moves WHERE state = 'complete')
            """)
    }

    /// Says that a move is begun, until `add` or `unmark`. False when an earlier one said so and was not done.
    static func mark(_ identity: SourceIdentity, after last: MoveRecord?, at now: Timestamp, in tx: Transaction) throws
        -> Bool
    {
        guard try begun(in: tx) == nil else { return false }
        try add("copying", [], of: identity, after: last, at: now, in: tx)
        return true
    }

    /// Takes back what `mark` said.
    static func unmark(in tx: Transaction) throws {
        try tx.execute("DELETE FROM database_moves WHERE state = 'copying'")
    }

    /// Says that the move is done.
    static func add(
        _ contents: [TableContents], of identity: SourceIdentity, after last: MoveRecord?, at now: Timestamp,
        in tx: Transaction
    ) throws {
        try unmark(in: tx)
        try add("complete", contents, of: identity, after: last, at: now, in: tx)
    }

    private static func add(
        _ state: String, _ contents: [TableContents], of identity: SourceIdentity, after last: MoveRecord?,
        at now: Timestamp, in tx: Transaction
    ) throws {
        let json = JSONValue.array(contents.map(\.json)).text()
        try tx.execute(
            """
            INSERT INTO database_moves (number, state, source_installation, source_made_at_ms, contents, at_ms)
            VALUES (\((last?.number ?? 0) + 1), \(state), \(identity.installation), \(identity.madeAtMs), \(json),
                \(now))
            """)
    }

    /// Whether the schema is so far that moves are kept.
    static func isKept(in tx: Transaction) throws -> Bool {
        try tx.row(
            """
            SELECT 1 AS one WHERE to_regclass(quote_ident(current_schema()) || '.database_moves') IS NOT NULL
            """) != nil
    }

    /// Throws unless it was a move of the same source, and nobody serves what it brought.
    func requireNotInUse(by source: SourceIdentity) throws {
        guard identity.isSame(as: source) else { throw MoveError.targetOfAnother }
        if let since = inUseSince { throw MoveError.targetInUse(since: since) }
    }

    /// Throws unless the target is as this move left it, nobody serves it, and it was a move of the same source.
    func requireUntouched(
        _ target: TargetTables, by source: SourceIdentity, _ progress: (TableShape, Int) throws -> Void
    ) throws {
        try requireNotInUse(by: source)
        let known = Dictionary(contents.map { ($0.table, $0) }, uniquingKeysWith: { first, _ in first })
        for shape in target.shapes {
            guard let left = known[shape.name] else {
                // A newer step made the table; nobody may have filled it.
                let found = try target.contents(of: shape, pageRows: 1)
                guard found.rows == 0 else { throw MoveError.targetWritten(table: shape.name) }
                continue
            }
            // By the columns of then: newer steps may have added others.
            let then = TableShape(
                name: shape.name, columns: shape.columns.filter { left.columns.contains($0.name) }, key: shape.key)
            let found = try target.contents(of: then, pageRows: 200) { try progress(shape, $0) }
            guard found.columns == left.columns, found.rows == left.rows, found.digest == left.digest else {
                throw MoveError.targetWritten(table: shape.name)
            }
        }
    }
}
