private import CPostgres
internal import Database

/// A connection with its prepared statements, for one transaction after the other.
// Unchecked: a connection belongs to one thread at a time; it is handed over under the pool's lock.
final class PostgresConnection: SQLSession, @unchecked Sendable {
    /// Why a transaction cannot commit, whatever its closure made of the error.
    enum Doom {
        /// Other transactions were in the way; it is worth running again.
        case collision
        /// A prepared statement was not as expected; it is worth running again without names.
        case statementName(DatabaseError)
        /// The connection is gone.
        case lost(DatabaseError)

        /// What the closure is told. It will run again unless the connection is lost, so it hears of nothing that it
        /// might write down as the statement's fault.
        var error: DatabaseError {
            switch self {
            case .collision, .statementName: .conflict
            case .lost(let error): error
            }
        }
    }

    /// Rows that are thrown away one by one before the server is asked to stop.
    static let surplusRowsMax = 10_000

    private let handle: PostgresHandle
    private let commitTimeoutMs: Int
    private var statements: PostgresStatements
    private var mayWrite = false
    private var usesNames = true
    private var lastError: DatabaseError?
    private(set) var doom: Doom?
    /// A statement whose answer a migration changed, to be given back when no transaction is open.
    private var broken: PostgresStatement?

    /// Opens. Throws `DatabaseError.unavailable`.
    init(_ target: PostgresTarget, statementsMax: Int) throws(DatabaseError) {
        handle = try PostgresHandle(target)
        commitTimeoutMs = target.limits.commitTimeoutMs
        statements = PostgresStatements(countMax: statementsMax)
    }

    /// Whether another transaction can use it.
    var isUsable: Bool {
        if case .lost = doom { return false }
        return handle.isIdle
    }

    /// Whether it was given up because the server did not answer: then others are likely to be as dead.
    var wasSilent: Bool { handle.isSilent }

    /// Why it is of no use any more, without secrets.
    var lastWords: String { handle.lastWords }

    /// Begins: a write in READ COMMITTED, a read on one snapshot.
    func begin(mayWrite: Bool, usesNames: Bool) throws(PostgresFault) {
        doom = nil
        lastError = nil
        handle.forgetNotifications()
        try makeRoom()
        try handle.command(
            (mayWrite ? "BEGIN ISOLATION LEVEL READ COMMITTED" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                + handle.localSettings)
        self.mayWrite = mayWrite
        self.usesNames = usesNames && statements.mayUseNames
    }

    /// Ends a transaction that only read. The connection may be lost by it.
    func endRead() {
        do { try handle.command("COMMIT") } catch {
            // The rows have been read; a connection that is not idle now is not used again.
        }
    }

    /// Commits, and returns when the server is ready for the next: a deferred constraint speaks after the commit's
    /// own tag. Throws the error the commit failed with, `.commitUnknown`, or `.unavailable` when it was never sent.
    ///
    /// A commit with a warning is unknown too: one whose wait for a synchronous replica was cancelled says so by a
    /// warning alone, and would be lost with the primary.
    func commit() throws(DatabaseError) {
        handle.listenForEnd()
        guard handle.isAlive else { throw .unavailable(reason: handle.lastWords) }
        let tag: String
        let warningCount = handle.warningCount
        do {
            tag = try handle.command("COMMIT", withinMs: commitTimeoutMs)
        } catch {
            if !handle.isAlive || error.isLost || error.code == "40003" { throw .commitUnknown }
            if error.isCollision { doom = .collision }
            throw error.error
        }
        guard tag == "COMMIT" else {
            throw lastError ?? .statement(code: "25P02", message: "the transaction had failed and was rolled back")
        }
        guard handle.warningCount == warningCount else { throw .commitUnknown }
    }

    /// Undoes the transaction; does nothing where there is none.
    func rollBack() {
        guard handle.isAlive, PQtransactionStatus(handle.raw) != PQTRANS_IDLE else { return }
        do { try handle.command("ROLLBACK") } catch {
            // A connection that is not idle now is not used again, and the server undoes what it left.
        }
    }

    func run(_ sql: SQL, rowsMax: Int) throws -> SQLResult {
        if let doom { throw doom.error }
        let parameters = try PostgresParameters(sql.values)
        let statement = try statements.find(sql.shape, parameters.types)
        do {
            try send(statement, parameters)
            return try collect(statement, rowsMax)
        } catch let fault as PostgresFault {
            throw remember(fault, statement)
        }
    }

    func notify(_ channel: String) throws {
        guard mayWrite else { throw DatabaseError.statement(code: "25006", message: "a read may not notify") }
        _ = try run("SELECT pg_notify(\(PostgresChannel.name(channel)), '')", rowsMax: 1)
    }

    private func send(_ statement: PostgresStatement, _ parameters: PostgresParameters) throws(PostgresFault) {
        let isNamed = usesNames && statement.mayHaveName && (statement.isPrepared || statement.uses > 1)
        if isNamed, !statement.isPrepared {
            let wasSent = parameters.withPointers { count, types, _, _, _ in
                PQsendPrepare(handle.raw, statement.name, statement.text, count, types)
            }
            guard wasSent == 1 else { throw handle.fault(nil) }
            let result = try handle.outcome()
            defer { PQclear(result) }
            try handle.check(result)
            statement.isPrepared = true
        }
        let wasSent = parameters.withPointers { count, types, values, lengths, formats in
            isNamed
                ? PQsendQueryPrepared(handle.raw, statement.name, count, values, lengths, formats, 0)
                : PQsendQueryParams(handle.raw, statement.text, count, types, values, lengths, formats, 0)
        }
        guard wasSent == 1 else { throw handle.fault(nil) }
        // Row by row, so that no more rows are held than may be returned.
        PQsetSingleRowMode(handle.raw)
    }

    private func collect(_ statement: PostgresStatement, _ rowsMax: Int) throws -> SQLResult {
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
                    if rowCount == rowsMax + Self.surplusRowsMax { cancel() }
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

    private func cancel() {
        guard let cancel = PQgetCancel(handle.raw) else { return }
        var words = [CChar](repeating: 0, count: 256)
        PQcancel(cancel, &words, Int32(words.count))
        PQfreeCancel(cancel)
    }

    private func remember(_ fault: PostgresFault, _ statement: PostgresStatement) -> DatabaseError {
        let error = fault.error
        lastError = error
        if fault.isLost || fault.code.hasPrefix("57P") {
            doom = .lost(.unavailable(reason: fault.message))
        } else if fault.code == "25006", mayWrite {
            // The server became a standby: a new connection may find the one that writes.
            doom = .lost(.unavailable(reason: "the server does not take writes"))
        } else if fault.isCollision {
            doom = .collision
        } else if usesNames, statement.mayHaveName, fault.isOfStatementName {
            statements.learn(fault, statement)
            if fault.code == "0A000", statement.isPrepared { broken = statement }
            doom = .statementName(error)
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
