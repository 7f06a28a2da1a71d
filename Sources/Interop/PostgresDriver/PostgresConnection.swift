private import CPostgres
internal import Database

/// A connection with its prepared statements, for one transaction after the other.
// Unchecked: a connection belongs to one thread at a time; it is handed over under the pool's lock.
final class PostgresConnection: SQLSession, @unchecked Sendable {
    /// So many statements are sent without waiting before one is waited for.
    static let unreadMax = 64
    /// A statement with more bytes of values is waited for.
    static let sentBytesMax = 64 << 10

    /// Rows that are thrown away one by one before the server is asked to stop.
    static let surplusRowsMax = 10_000

    private let handle: PostgresHandle
    private let commitTimeoutMs: Int
    private var statements: PostgresStatements
    let pipeline: PostgresPipeline
    private var mayWrite = false
    private var usesNames = true
    private var lastError: DatabaseError?
    private(set) var doom: PostgresDoom?
    /// A statement whose answer a migration changed, to be given back when no transaction is open.
    private var broken: PostgresStatement?

    /// Opens. Throws `DatabaseError.unavailable`.
    init(_ target: PostgresTarget, statementsMax: Int) throws(DatabaseError) {
        handle = try PostgresHandle(target)
        pipeline = try PostgresPipeline(handle)
        commitTimeoutMs = target.limits.commitTimeoutMs
        statements = PostgresStatements(countMax: statementsMax)
    }

    /// Whether another transaction can use it.
    var isUsable: Bool {
        if case .lost = doom { return false }
        return pipeline.unreadCount == 0 && handle.isIdle
    }

    /// Whether it was given up because the server did not answer: then others are likely to be as dead.
    var wasSilent: Bool { handle.isSilent }

    /// Why it is of no use any more, without secrets.
    var lastWords: String { handle.lastWords }

    /// Begins: a write in READ COMMITTED, a read on one snapshot. The server hears of it with the first statement.
    func begin(mayWrite: Bool, usesNames: Bool) throws(PostgresFault) {
        doom = nil
        lastError = nil
        handle.forgetNotifications()
        try makeRoom()
        let beginning =
            mayWrite ? "BEGIN ISOLATION LEVEL READ COMMITTED" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        try pipeline.queueBeginning([beginning] + handle.localSettings)
        self.mayWrite = mayWrite
        self.usesNames = usesNames && statements.mayUseNames
    }

    /// Ends a transaction that only read. The connection may be lost by it.
    func endRead() {
        do { try pipeline.end("COMMIT") } catch {
            // The rows have been read; a connection that is not idle now is not used again.
        }
    }

    /// Commits, and returns when the server is ready for the next: a deferred constraint speaks after the commit's
    /// own tag. Throws the error the commit failed with, `.commitUnknown`, or `.unavailable` when it was never sent.
    ///
    /// A commit with a warning is unknown too: one whose wait for a synchronous replica was cancelled says so by a
    /// warning alone, and would be lost with the primary.
    func commit() throws(DatabaseError) {
        if pipeline.hasBegun {
            handle.listenForEnd()
            guard handle.isAlive else { throw .unavailable(reason: handle.lastWords) }
        } else {
            // A server that has not heard of the beginning may be long gone, and a commit sent with it would be unknown.
            try settle()
        }
        let tag: String
        do {
            // Apart from their answers nobody could tell how long the commit itself takes.
            if pipeline.unreadCount > 0 { try handle.requestAnswers() }
            try handle.queue("COMMIT")
            if let (fault, sent) = try pipeline.syncAndRead() {
                // Who says so may be a pooler that lost the server. Only a transaction that is known to have failed has been
                // passed over by its commit.
                guard handle.isAlive, PQtransactionStatus(handle.raw) == PQTRANS_INERROR else {
                    throw DatabaseError.commitUnknown
                }
                throw remember(fault, sent)
            }
            let warningCount = handle.warningCount
            let result = try handle.outcome(withinMs: commitTimeoutMs)
            defer { PQclear(result) }
            try handle.readSync(withinMs: commitTimeoutMs)
            tag = try handle.check(result)
            guard handle.warningCount == warningCount else { throw DatabaseError.commitUnknown }
        } catch let fault as PostgresFault {
            if !handle.isAlive || fault.isLost || fault.mayHideACommit { throw .commitUnknown }
            if fault.isCollision { doom = .collision }
            throw fault.error
        } catch {
            throw error as? DatabaseError ?? .commitUnknown
        }
        guard tag == "COMMIT" else {
            throw lastError ?? .statement(code: "25P02", message: "the transaction had failed and was rolled back")
        }
    }

    /// Undoes the transaction; does nothing where there is none. What failed unseen dooms it as if it had been waited for.
    func rollBack() {
        do {
            if doom == nil, handle.isAlive, pipeline.unreadCount > 0 {
                try handle.queue("ROLLBACK")
                if let (fault, sent) = try pipeline.syncAndRead() {
                    _ = remember(fault, sent)
                } else {
                    try handle.readSync(withinMs: handle.silenceMs)
                }
            }
            let isOpen = pipeline.unreadCount > 0 || PQtransactionStatus(handle.raw) != PQTRANS_IDLE
            if handle.isAlive, isOpen { try pipeline.end("ROLLBACK") }
        } catch {
            // A connection that is not idle now is not used again, and the server undoes what it left.
        }
    }

    func run(_ sql: SQL, rowsMax: Int) throws -> SQLResult {
        if let doom { throw doom.error }
        let parameters = try PostgresParameters(sql.values)
        return try run(try statements.find(sql.shape, parameters.types), parameters, rowsMax: rowsMax)
    }

    func send(_ sql: SQL) throws {
        if let doom { throw doom.error }
        let parameters = try PostgresParameters(sql.values)
        let statement = try statements.find(sql.shape, parameters.types)
        // A statement is prepared when it is waited for; what waits here, and its answers there, stay few; and nobody reads
        // what comes after a read.
        guard mayWrite, isNamed(statement), statement.isPrepared, pipeline.unreadCount < Self.unreadMax,
            parameters.byteCount < Self.sentBytesMax
        else {
            _ = try run(statement, parameters, rowsMax: Transaction.rowsMaxDefault)
            return
        }
        do {
            try pipeline.queue(statement, parameters, byName: true, isWaitedFor: false)
        } catch {
            throw remember(error, .waitedFor(statement))
        }
    }

    /// Runs a statement after all that was sent before it, and waits for it.
    private func run(
        _ statement: PostgresStatement, _ parameters: PostgresParameters, rowsMax: Int
    ) throws -> SQLResult {
        do {
            let byName = isNamed(statement)
            if byName, !statement.isPrepared { try pipeline.queuePreparation(statement, parameters) }
            try pipeline.queue(statement, parameters, byName: byName, isWaitedFor: true)
            if let (fault, sent) = try pipeline.syncAndRead() { throw remember(fault, sent) }
            let result: SQLResult
            do { result = try collect(statement, rowsMax) } catch let fault as PostgresFault {
                throw pipeline.resync(after: fault)
            } catch {
                pipeline.resync()
                throw error
            }
            try handle.readSync()
            return result
        } catch let fault as PostgresFault {
            throw remember(fault, .waitedFor(statement))
        }
    }

    func notify(_ channel: String) throws {
        guard mayWrite else { throw DatabaseError.statement(code: "25006", message: "a read may not notify") }
    }

    private func isNamed(_ statement: PostgresStatement) -> Bool {
        usesNames && statement.mayHaveName && (statement.isPrepared || statement.uses > 1)
    }

    /// Asks for the answers to what was sent, and reads them.
    private func settle() throws(DatabaseError) {
        do {
            if let (fault, sent) = try pipeline.syncAndRead() { throw remember(fault, sent) }
            try handle.readSync()
        } catch {
            if let error = error as? DatabaseError { throw error }
            throw remember(error as? PostgresFault ?? handle.fault(nil), .beginning(isAll: true))
        }
    }

    private func collect(_ statement: PostgresStatement, _ rowsMax: Int) throws -> SQLResult {
        // Row by row, so that no more rows are held than may be returned.
        if PQsetSingleRowMode(handle.raw) != 1, handle.isAlive {
            throw PostgresFault(code: "", message: "rows do not come one by one", isLost: true)
        }
        var rows: [Row] = []
        var rowCount = 0
        var changedRows = 0
        var answer: PostgresAnswer?
        var fault: PostgresFault?
        while let result = try handle.next() {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_SINGLE_TUPLE:
                rowCount += 1
                guard rowCount <= rowsMax else {
                    rows = []
                    if rowCount == rowsMax + Self.surplusRowsMax { handle.cancel() }
                    continue
                }
                let known = answer ?? self.answer(statement, result)
                answer = known
                rows.append(known.row(result, 0))
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK: changedRows = Self.changedRows(result)
            case PGRES_EMPTY_QUERY: fault = PostgresFault(code: "42601", message: "not exactly one statement")
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                throw PostgresFault(code: "0A000", message: "COPY is not supported", isLost: true)
            default: fault = fault ?? handle.fault(result)
            }
        }
        if var fault, rowCount <= rowsMax || fault.code != "57014" {
            fault.isLost = fault.isLost || !handle.isAlive
            throw fault
        }
        if rowCount > rowsMax { throw DatabaseError.unexpectedRowCount(rowsMax + 1) }
        return SQLResult(rows: rows, changedRows: changedRows)
    }

    private func answer(_ statement: PostgresStatement, _ result: OpaquePointer) -> PostgresAnswer {
        if let known = statement.answer, known.describes(result) { return known }
        let fresh = PostgresAnswer(result)
        statement.answer = fresh
        return fresh
    }

    /// The count of a tag such as `INSERT 0 5`; a SELECT changes nothing.
    private static func changedRows(_ result: OpaquePointer) -> Int {
        let tag = String(cString: PQcmdStatus(result))
        guard ["INSERT", "UPDATE", "DELETE", "MERGE"].contains(where: tag.hasPrefix) else { return 0 }
        return Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    private func remember(_ fault: PostgresFault, _ sent: PostgresPipeline.Sent) -> DatabaseError {
        let error = fault.error
        lastError = error
        if fault.isLost || fault.code.hasPrefix("57P") {
            doom = .lost(.unavailable(reason: fault.message))
        } else if case .beginning = sent {
            // Whatever ran now would be in no transaction.
            doom = .lost(error)
        } else if fault.code == "25006", mayWrite {
            // The server became a standby: a new connection may find the one that writes.
            doom = .lost(.unavailable(reason: "the server does not take writes"))
        } else if fault.isCollision {
            doom = .collision
        } else if usesNames, let statement = sent.statement, statement.mayHaveName, fault.isOfStatementName {
            statements.learn(fault, statement)
            if fault.code == "0A000", statement.isPrepared { broken = statement }
            doom = .statementName(error)
        } else if case .sent = sent {
            doom = fault.isWorthARun ? .notWaitedFor : .failed(error)
        }
        return doom?.error ?? error
    }

    private func makeRoom() throws(PostgresFault) {
        if let statement = broken, try !deallocate(statement) { statement.isNameless = true }
        broken = nil
        for statement in statements.longestUnused() where try !deallocate(statement) {
            statements.keepsAll = true
            break
        }
    }

    /// Whether the server let go of the name.
    private func deallocate(_ statement: PostgresStatement) throws(PostgresFault) -> Bool {
        do {
            if statement.isPrepared { try handle.command("DEALLOCATE \(statement.name)") }
            statements.forget(statement)
            return true
        } catch {
            if !handle.isAlive { throw error }
            return false
        }
    }
}
