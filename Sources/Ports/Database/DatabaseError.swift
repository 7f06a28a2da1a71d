/// What a database refuses or cannot do. No case carries data of a row.
public enum DatabaseError: Error, Equatable, Sendable {
    /// A unique index or primary key has such a row already; the constraint's or index's columns as the engine says.
    case uniqueViolation(constraint: String)
    /// A row that is referred to does not exist, or is still referred to.
    case foreignKeyViolation
    /// A CHECK of the schema failed.
    case checkViolation(constraint: String)
    /// A column that must not be NULL was.
    case notNullViolation(column: String)
    /// A trigger of the schema refused: rows of money are not edited (law 10).
    case refusedByTrigger
    /// Concurrent writers collided more often than is retried; the transaction did not happen.
    case conflict
    /// The server or file cannot be reached or written now; the transaction did not happen.
    case unavailable(reason: String)
    /// The connection broke while the commit was under way: it may have happened. Repeat only what is idempotent.
    case commitUnknown
    /// More work waits than is allowed (law 14).
    case overloaded
    /// The disk is full; nothing was stored.
    case diskFull
    /// The schema is behind or beyond this program; the text says what to do.
    case schemaMismatch(String)
    /// A row lacks the column, or it has another kind.
    case unexpectedColumn(String)
    /// More or fewer rows than the statement promised.
    case unexpectedRowCount(Int)
    /// The statement is wrong: the engine's code and its words about the statement, without values.
    case statement(code: String, message: String)
    /// The database has been closed.
    case closed
}
