internal import Database
internal import Kernel

/// What a move does in the target's transactions, which may run more than once after a collision.
struct MoveCopy {
    /// How a move begins.
    enum Beginning: Sendable {
        /// Everything is there.
        case unchanged(MoveReport)
        /// The target says that a move is under way; whether it was this one that made it say so.
        case marked(isOurs: Bool)
        /// Somebody uses the target.
        case refused(MoveError)
    }

    /// How a copy ends, when it is not interrupted.
    enum Ending: Sendable {
        case done(MoveReport)
        /// Somebody uses the target.
        case refused(MoveError)
    }

    let source: any Snapshot
    let found: Move.Found
    let sums: [MoveSum]
    let listen: MoveListener
    let tx: Transaction

    /// Looks whether the target may be written, and whether it need be, and marks it: from now on nobody begins to serve
    /// it, however the move ends, until one is done.
    /// `isOurs`: it is marked by this move already.
    func begin(at now: Timestamp, isOurs: Bool) throws -> Beginning {
        let record: MoveRecord?
        let isEmpty: Bool
        do { (_, record, isEmpty) = try lockedTarget() } catch let refusal as MoveError where refusal.isOfUse {
            try unmark(after: refusal, isOurs: isOurs)
            return .refused(refusal)
        }
        let isThere = record?.identity == found.identity && record?.contents == withoutSums(found.contents)
        if isThere, !isEmpty || found.rows == 0 {
            let report = try report(.unchanged)
            // An earlier move that was not done wanted more than there is to do now.
            try MoveRecord.unmark(in: tx)
            return .unchanged(report)
        }
        let isMarkedNow = try MoveRecord.mark(found.identity, after: record, at: now, in: tx)
        return .marked(isOurs: isOurs || isMarkedNow)
    }

    /// Whoever uses the target must be able to start again: the mark of a move that will never be done, this one's or
    /// an interrupted one's, is taken back in the very transaction that refuses. The mark stays where rows may be missing,
    /// or where the move is another installation's.
    private func unmark(after refusal: MoveError, isOurs: Bool) throws {
        if isOurs || refusal.isOfWholeRows { try MoveRecord.unmark(in: tx) }
    }

    /// The copy itself: one transaction, compared before it commits.
    func copy(at now: Timestamp, isOurs: Bool) throws -> Ending {
        let target: TargetTables
        let record: MoveRecord?
        let isEmpty: Bool
        do { (target, record, isEmpty) = try lockedTarget() } catch let refusal as MoveError where refusal.isOfUse {
            try unmark(after: refusal, isOurs: isOurs)
            return .refused(refusal)
        }
        try target.withoutTriggers {
            if !isEmpty { try target.empty() }
            try copyRows(into: target)
        }
        try target.continueNumbers { table, column in
            let greatest = try tx.row(
                SQL(
                    unsafe: """
                        SELECT MAX(\(TableShape.quoted(column))) AS last FROM \(TableShape.quoted(table))
                        """))
            return max(try greatest?.intOrNil("last") ?? 0, found.numbers[table] ?? 0)
        }
        try verify(target)
        let report = try report(.copied)
        try target.analyze()
        try MoveRecord.add(found.contents, of: found.identity, after: record, at: now, in: tx)
        return .done(report)
    }

    /// The target's tables, which nobody else reaches until the transaction ends, the last move into them, and whether
    /// they have no row at all. Throws unless every row in them may be replaced.
    private func lockedTarget() throws -> (TargetTables, MoveRecord?, isEmpty: Bool) {
        let shapes = try TableShape.all(in: tx)
        let differences = TableShape.differences(found.tables.map(\.shape), shapes)
        guard differences.isEmpty else { throw MoveError.shapesDiffer(differences) }
        let known = Dictionary(uniqueKeysWithValues: shapes.map { ($0.name, $0) })
        // In the source's order, so that a table comes after those that its foreign keys name.
        let target = TargetTables(found.tables.compactMap { known[$0.shape.name] }, in: tx)
        try target.lock()
        let record = try MoveRecord.latest(in: tx)
        return (target, record, try requireReplaceable(target, record))
    }

    /// Whether the target has no row at all. Throws when it has some that may not be replaced.
    private func requireReplaceable(_ target: TargetTables, _ record: MoveRecord?) throws -> Bool {
        let table = try target.firstWithRows()
        if table == nil, record?.inUseSince == nil { return true }
        guard let record else { throw MoveError.targetNotEmpty(table: table ?? "") }
        var rows: Int64 = 0
        let total = record.contents.reduce(0) { $0 + $1.rows }
        try record.requireUntouched(target, by: found.identity) { shape, count in
            rows += Int64(count)
            try listen(MoveProgress(phase: .compare, table: shape.name, rows: rows, rowsTotal: total))
        }
        return false
    }

    private func copyRows(into target: TargetTables) throws {
        var rows: Int64 = 0
        for (table, shape) in zip(found.tables, target.shapes) {
            try table.pages(of: source) { page in
                try target.insert(page, into: shape)
                rows += Int64(page.count)
                try listen(MoveProgress(phase: .copy, table: shape.name, rows: rows, rowsTotal: found.rows))
            }
        }
    }

    /// Compares what is read back with what was found in the source.
    private func verify(_ target: TargetTables) throws {
        var rows: Int64 = 0
        for ((table, expected), shape) in zip(zip(found.tables, found.contents), target.shapes) {
            let contents = try target.contents(of: shape, pageRows: table.pageRows) { count in
                rows += Int64(count)
                try listen(MoveProgress(phase: .verify, table: shape.name, rows: rows, rowsTotal: found.rows))
            }
            if let difference = expected.difference(from: contents) {
                throw MoveError.mismatch(table: shape.name, what: difference)
            }
        }
    }

    private func report(_ outcome: MoveReport.Outcome) throws -> MoveReport {
        let here = try Move.sums(sums, in: tx)
        guard here == found.sums else { throw MoveError.mismatch(table: "the money", what: "the sums differ") }
        guard try source.isStillCurrent() else { throw MoveError.sourceChanged }
        return MoveReport(
            outcome: outcome, installation: found.identity.installation,
            tables: found.contents.map { MoveReport.Table(name: $0.table, rows: $0.rows, sums: $0.sums) },
            sums: here)
    }

    /// As a record gives them back.
    private func withoutSums(_ contents: [TableContents]) -> [TableContents] {
        contents.map { contents in
            var bare = contents
            bare.sums = []
            return bare
        }
    }
}
