private import CPostgres
internal import Database

/// What PostgreSQL or libpq said, before it is one of the port's errors.
struct PostgresFault: Error {
    /// The SQLSTATE; empty when the connection broke without a word of the server.
    let code: String
    /// The primary message, without detail and hint, which hold values of rows.
    let message: String
    var constraint = ""
    var column = ""
    /// Whether the connection is of no use any more.
    var isLost = false

    /// A fault of our own.
    init(code: String, message: String, isLost: Bool = false) {
        self.code = code
        self.message = message
        self.isLost = isLost
    }

    /// The fault that a result tells.
    init(_ result: OpaquePointer?) {
        func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
        code = text(kessai_pq_sqlstate(result))
        message = text(kessai_pq_primary_message(result))
        constraint = text(kessai_pq_constraint(result))
        column = text(kessai_pq_column(result))
    }

    /// Whether the same transaction may succeed when it is run again.
    var isCollision: Bool { code == "40001" || code == "40P01" }

    /// Whether the same statement may end otherwise when it is run again and waited for: not after the server's own time for it,
    /// and not for what it lacks.
    var isWorthARun: Bool {
        switch error {
        case .conflict, .unavailable, .diskFull: false
        default: true
        }
    }

    /// Whether a commit that was answered so may have happened: who says it may be a pooler, or a server that ended.
    var mayHideACommit: Bool { code == "40003" || ["08", "57P", "58"].contains { code.hasPrefix($0) } }

    /// Whether the server's connection lacks the prepared statement, has it already, or has it with another answer:
    /// a pooler gave us another of its connections, someone discarded it, or a migration changed a table.
    var isOfStatementName: Bool { code == "26000" || code == "42P05" || code == "0A000" }

    /// The port's error.
    var error: DatabaseError {
        if isLost { return .unavailable(reason: message) }
        switch code {
        // An exclusion constraint is a unique one with another operator.
        case "23505", "23P01": return .uniqueViolation(constraint: constraint)
        case "23503": return .foreignKeyViolation
        case "23514": return .checkViolation(constraint: constraint)
        case "23502": return .notNullViolation(column: column)
        case "P0001": return .refusedByTrigger
        case "40001", "40P01", "55P03": return .conflict
        case "53100": return .diskFull
        // A statement that has too few or too many values; the connection is well.
        case "08P01": return .statement(code: code, message: message)
        // The primary messages of this class quote the value.
        case let code where code.hasPrefix("22"): return .statement(code: code, message: "a value does not fit")
        case "57014": return .unavailable(reason: message)
        case let code where Self.unavailableClasses.contains { code.hasPrefix($0) }:
            return .unavailable(reason: message)
        default: return .statement(code: code, message: message)
        }
    }

    /// Connection, resources, intervention of an operator, and the system's own errors.
    private static let unavailableClasses = ["08", "53", "57P", "58"]
}
