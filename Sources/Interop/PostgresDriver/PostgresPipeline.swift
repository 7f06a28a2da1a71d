private import CPostgres
internal import Database

/// What a connection was told and has not answered yet. Statements are queued and go out together, and are answered in their
/// order; when one fails, the server passes over those behind it, up to the next `sync`.
final class PostgresPipeline {
    /// What the server is told, as far as its answer matters.
    enum Sent {
        /// The transaction's beginning, or one of its settings.
        case beginning(isAll: Bool)
        /// The preparation of the statement that follows, which is waited for.
        case preparation(PostgresStatement)
        /// A statement that is not waited for.
        case sent(PostgresStatement)
        /// A statement that is.
        case waitedFor(PostgresStatement)

        var statement: PostgresStatement? {
            switch self {
            case .beginning: nil
            case .preparation(let statement), .sent(let statement), .waitedFor(let statement): statement
            }
        }
    }

    private let handle: PostgresHandle
    /// What was queued and not answered yet, in its order; what is waited for is not in it.
    private var unread: [Sent] = []
    /// Whether the server has answered the transaction's beginning.
    private(set) var hasBegun = false

    /// Throws `DatabaseError.unavailable` when libpq does not take it.
    init(_ handle: PostgresHandle) throws(DatabaseError) {
        self.handle = handle
        do { try handle.beginPipeline() } catch { throw .unavailable(reason: error.message) }
    }

    /// How much was queued and not answered yet.
    var unreadCount: Int { unread.count }

    /// Queues a transaction's beginning.
    func queueBeginning(_ statements: [String]) throws(PostgresFault) {
        hasBegun = false
        for (index, text) in statements.enumerated() {
            try handle.queue(text)
            unread.append(.beginning(isAll: index == statements.count - 1))
        }
    }

    /// Queues the preparation of a statement that follows.
    func queuePreparation(_ statement: PostgresStatement, _ parameters: PostgresParameters) throws(PostgresFault) {
        let wasSent = parameters.withPointers { count, types, _, _, _ in
            PQsendPrepare(handle.raw, statement.name, statement.text, count, types)
        }
        guard wasSent == 1 else { throw handle.fault(nil) }
        unread.append(.preparation(statement))
    }

    /// Queues a statement, by its name or by its text, to be waited for or not.
    func queue(
        _ statement: PostgresStatement, _ parameters: PostgresParameters, byName: Bool, isWaitedFor: Bool
    ) throws(PostgresFault) {
        let wasSent = parameters.withPointers { count, types, values, lengths, formats in
            byName
                ? PQsendQueryPrepared(handle.raw, statement.name, count, values, lengths, formats, 0)
                : PQsendQueryParams(handle.raw, statement.text, count, types, values, lengths, formats, 0)
        }
        guard wasSent == 1 else { throw handle.fault(nil) }
        if !isWaitedFor { unread.append(.sent(statement)) }
    }

    /// Asks for the answers to all that was queued, and reads those that come before the one that is waited for. Gives the
    /// first error among them, after which nothing is left to read.
    func syncAndRead() throws(PostgresFault) -> (fault: PostgresFault, of: Sent)? {
        try handle.sync()
        let withinMs = silenceMs
        for sent in unread {
            do {
                let result = try handle.outcome(withinMs: withinMs)
                defer { PQclear(result) }
                try handle.check(result)
            } catch {
                return (resync(after: error), sent)
            }
            if case .preparation(let statement) = sent { statement.isPrepared = true }
            if case .beginning(isAll: true) = sent { hasBegun = true }
        }
        unread.removeAll(keepingCapacity: true)
        return nil
    }

    /// How long the server may be silent, which keeps its answers until it has run all. What is sent along takes no time as a
    /// rule, so it is given that of one statement more, however many there are: a caller's wait must have an end.
    private var silenceMs: Int? {
        let isAlone = unread.allSatisfy { if case .sent = $0 { false } else { true } }
        return handle.silenceMs(ofStatements: isAlone ? 1 : 2)
    }

    /// Throws away what the server still says of what was sent with a statement that failed. That the connection is lost may
    /// show only then: a pooler whose server is gone says so first, and hangs up.
    func resync(after fault: PostgresFault) -> PostgresFault {
        resync()
        var fault = fault
        fault.isLost = fault.isLost || !handle.isAlive
        return fault
    }

    /// Throws away what the server still says of what was sent.
    func resync() {
        unread.removeAll(keepingCapacity: true)
        guard handle.isAlive else { return }
        do { try handle.readSync() } catch {
            // A connection that does not come to an end is lost, and seen to be when it is looked at.
        }
    }

    /// Runs a last statement, whatever was not read before it.
    func end(_ text: String) throws(PostgresFault) {
        let withinMs = hasBegun && unread.isEmpty ? handle.silenceMs : silenceMs
        try handle.queue(text)
        try handle.sync()
        unread.removeAll(keepingCapacity: true)
        try handle.readSync(withinMs: withinMs)
    }
}
