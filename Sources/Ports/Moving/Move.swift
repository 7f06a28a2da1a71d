public import Database
public import Kernel

/// Moves a whole installation from a snapshot of SQLite into PostgreSQL: every table of the schema, all in one
/// transaction, compared before it commits. From its beginning to its end, however often it is interrupted, the target
/// says that it is under way (``MovingSchema/requireNoneUnderWay(in:)``).
///
/// A repeat brings the target to the state of the source again; a target that was served or written since is refused.
/// Memory does not grow with the data: a page of at most 4 MiB or one row is held at a time.
public struct Move: Sendable {
    private let source: any Snapshot
    private let target: any Database
    private let migrations: [Migration]
    private let sums: [MoveSum]
    private let clock: any WallClock

    /// A move.
    ///
    /// - Parameters:
    ///   - source: SQLite, which nobody writes meanwhile.
    ///   - target: PostgreSQL; its role owns the tables.
    ///   - migrations: the program's steps: the source must have run them, and no others; the target runs what it lacks.
    ///   - sums: what both databases are to sum up by themselves.
    ///   - clock: the time that is noted.
    public init(
        from source: any Snapshot, to target: any Database, migrations: [Migration], sums: [MoveSum],
        clock: any WallClock
    ) {
        self.source = source
        self.target = target
        self.migrations = migrations
        self.sums = sums
        self.clock = clock
    }

    /// What was found in the source, before any row was written.
    struct Found: Sendable {
        let identity: SourceIdentity
        let tables: [SourceTable]
        let contents: [TableContents]
        let sums: [MoveReport.MoneySum]
        /// By table, the last number of those that the database gives by itself.
        let numbers: [String: Int64]

        var rows: Int64 { contents.reduce(0) { $0 + $1.rows } }
    }

    /// Moves. `listen` hears of every page, on the thread of a connection; what it throws ends the move.
    ///
    /// Throws `MoveError`, `DatabaseError` and what `listen` throws; then the source is as it was, and so are the
    /// target's rows. After `DatabaseError.commitUnknown` a repeat finds out.
    public func run(_ listen: @escaping MoveListener = { _ in }) async throws -> MoveReport {
        let survey = try survey()
        try await requireFree(for: survey.identity)
        try await prepareTarget(survey)
        // Reading takes its time, in which nobody may begin to serve an empty target.
        let isNew = try await markNew(survey.identity)
        let found: Found
        do {
            found = try read(survey, listen)
        } catch let refusal as MoveError {
            // What cannot be moved will not be by a repeat either: the target is free again.
            if isNew { try await target.write { tx in try MoveRecord.unmark(in: tx) } }
            throw refusal
        }
        let (source, sums, clock) = (source, sums, clock)
        @Sendable func copy(_ tx: Transaction) -> MoveCopy {
            MoveCopy(source: source, found: found, sums: sums, listen: listen, tx: tx)
        }
        switch try await target.write({ tx in try copy(tx).begin(at: clock.now(), isOurs: isNew) }) {
        case .unchanged(let report): return report
        case .refused(let refusal): throw refusal
        case .marked(let isOurs):
            switch try await target.write({ tx in try copy(tx).copy(at: clock.now(), isOurs: isOurs) }) {
            case .done(let report): return report
            case .refused(let refusal): throw refusal
            }
        }
    }

    /// What the source's tables are.
    private struct Survey: Sendable {
        let identity: SourceIdentity
        let tables: [SourceTable]
        let numbers: [String: Int64]
    }

    /// Looks at the source's schema: whether it can be moved at all.
    private func survey() throws -> Survey {
        try source.read { tx in
            let status = try Migrator.status(of: migrations, in: tx)
            guard !status.applied.isEmpty else { throw MoveError.sourceIsNoInstallation }
            if let step = status.newer.first { throw MoveError.sourceNewer(step) }
            if let step = status.pending.first { throw MoveError.sourceBehind(step) }
            let tables = try TableShape.ordered(try TableShape.all(in: tx)).map { try SourceTable($0, in: tx) }
            return Survey(identity: try SourceIdentity(in: tx), tables: tables, numbers: try Self.numbers(in: tx))
        }
    }

    /// Refuses at once what would be refused after the source was read; it is looked at again under the locks.
    private func requireFree(for identity: SourceIdentity) async throws {
        try await target.read { tx in
            guard try MoveGate.enter(tx) else { throw MoveError.moveUnderWay }
            guard let record = try MoveRecord.latest(in: tx), record.inUseSince != nil else { return }
            try record.requireNotInUse(by: identity)
        }
    }

    /// Reads all of the source: what must be found in the target afterwards.
    private func read(_ survey: Survey, _ listen: MoveListener) throws -> Found {
        let tables = survey.tables
        let rowsTotal: Int64 = tables.reduce(0) { $0 + $1.rows }
        var rows: Int64 = 0
        var contents: [TableContents] = []
        for table in tables {
            var counting = TableCounting(table.shape)
            try table.pages(of: source) { page in
                for row in page { try counting.take(row.values) }
                rows += Int64(page.count)
                try listen(MoveProgress(phase: .read, table: table.shape.name, rows: rows, rowsTotal: rowsTotal))
            }
            contents.append(counting.finish())
        }
        let money = try source.read { tx in try Self.sums(self.sums, in: tx) }
        return Found(
            identity: survey.identity, tables: tables, contents: contents, sums: money, numbers: survey.numbers)
    }

    /// AUTOINCREMENT never gives a number twice, even when its row is gone.
    private static func numbers(in tx: Transaction) throws -> [String: Int64] {
        guard try tx.row("SELECT 1 AS one FROM sqlite_schema WHERE name = 'sqlite_sequence'") != nil else { return [:] }
        return Dictionary(
            try tx.rows("SELECT name, seq FROM sqlite_sequence").map { (try $0.text("name"), try $0.int("seq")) },
            uniquingKeysWith: max)
    }

    static func sums(_ sums: [MoveSum], in tx: Transaction) throws -> [MoveReport.MoneySum] {
        try sums.flatMap { sum in
            try tx.rows(SQL(unsafe: sum.sql)).map { row in
                MoveReport.MoneySum(
                    name: sum.name, currency: try row.text("currency"), amountMinor: try row.int("amount_minor"))
            }.sorted { $0.currency < $1.currency }
        }
    }

    /// Refuses what must not be touched, and brings the schema up to the program's.
    private func prepareTarget(_ source: Survey) async throws {
        let (migrations, identity) = (migrations, source.identity)
        try await target.read { tx in
            guard try MoveGate.enter(tx) else { throw MoveError.moveUnderWay }
            let encoding = try tx.row("SELECT current_setting('server_encoding') AS encoding")?.text("encoding") ?? ""
            guard encoding == "UTF8" else { throw MoveError.targetEncoding(encoding) }
            let status = try Migrator.status(of: migrations, in: tx)
            if let step = status.newer.first { throw MoveError.targetNewer(step) }
            let shapes = try TableShape.all(in: tx)
            let strange = shapes.filter { shape in !source.tables.contains { $0.shape.name == shape.name } }
            guard strange.isEmpty else {
                throw MoveError.shapesDiffer(strange.map { "only the target has the table \($0.name)" })
            }
            // Before steps run in it; it is looked at again under the locks.
            let tables = TargetTables(shapes, in: tx)
            guard !status.pending.isEmpty, let table = try tables.firstWithRows() else { return }
            try tx.execute("SET LOCAL statement_timeout = 0")
            guard let record = try MoveRecord.latest(in: tx) else { throw MoveError.targetNotEmpty(table: table) }
            try record.requireUntouched(tables, by: identity) { _, _ in }
        }
        _ = try await Migrator(database: target, migrations: migrations, clock: clock).migrate()
    }

    /// Says of a target that nothing was ever moved into, before the source is read, that a move is under way; whether it
    /// was this one that said so. Throws `MoveError.targetOfAnother` where another installation's move was begun and is not
    /// done.
    private func markNew(_ identity: SourceIdentity) async throws -> Bool {
        let clock = clock
        return try await target.write { tx in
            try MoveGate.close(tx)
            guard try MoveRecord.latest(in: tx) == nil else { return false }
            if let begun = try MoveRecord.begunBy(in: tx), !begun.isSame(as: identity) {
                throw MoveError.targetOfAnother
            }
            // Whoever has rows is looked at under the locks, and refused there.
            guard try TargetTables(try TableShape.all(in: tx), in: tx).firstWithRows() == nil else { return false }
            return try MoveRecord.mark(identity, after: nil, at: clock.now(), in: tx)
        }
    }
}
