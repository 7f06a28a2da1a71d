internal import CSQLite
internal import Database

/// What SQLite said, before it is one of the port's errors.
struct SQLiteFault {
    /// The extended result code.
    let extendedCode: Int32
    /// SQLite's words. They may hold bound values when a statement ran, so they leave only where they cannot.
    let message: String
    /// Whether the words are about the statement's text alone.
    var isAboutText = false

    /// The last error of a running statement or a commit.
    static func last(_ database: OpaquePointer) -> SQLiteFault {
        SQLiteFault(
            extendedCode: sqlite3_extended_errcode(database), message: String(cString: sqlite3_errmsg(database)))
    }

    /// The last error of a preparation.
    static func preparing(_ database: OpaquePointer) -> SQLiteFault {
        var fault = last(database)
        fault.isAboutText = true
        return fault
    }

    /// The port's error.
    var error: DatabaseError {
        switch extendedCode {
        case SQLITE_CONSTRAINT_UNIQUE_CODE, SQLITE_CONSTRAINT_PRIMARYKEY_CODE, SQLITE_CONSTRAINT_ROWID_CODE:
            return .uniqueViolation(constraint: subject)
        case SQLITE_CONSTRAINT_FOREIGNKEY_CODE: return .foreignKeyViolation
        case SQLITE_CONSTRAINT_CHECK_CODE: return .checkViolation(constraint: subject)
        case SQLITE_CONSTRAINT_NOTNULL_CODE: return .notNullViolation(column: subject)
        case SQLITE_CONSTRAINT_TRIGGER_CODE: return .refusedByTrigger
        case SQLITE_IOERR_FSYNC_CODE, SQLITE_IOERR_DIR_FSYNC_CODE:
            // The commit's frames are written, and a crash now may or may not find them.
            return .commitUnknown
        default: break
        }
        switch extendedCode & 0xFF {
        case SQLITE_FULL: return .diskFull
        case SQLITE_BUSY, SQLITE_LOCKED: return .unavailable(reason: "another process holds the database's lock")
        case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_NOMEM, SQLITE_PROTOCOL, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_PERM:
            return .unavailable(reason: "SQLite \(extendedCode): \(generic)")
        case SQLITE_READONLY: return .unavailable(reason: "SQLite \(extendedCode): \(generic)")
        default:
            let words = isAboutText || extendedCode == SQLITE_CONSTRAINT_DATATYPE_CODE ? message : generic
            return .statement(code: "SQLITE_\(extendedCode)", message: words)
        }
    }

    /// What comes after `… constraint failed: `: the columns, or the name of the constraint.
    private var subject: String {
        guard let colon = message.firstRange(of: ": ") else { return "" }
        return String(message[colon.upperBound...])
    }

    private var generic: String { String(cString: sqlite3_errstr(extendedCode)) }
}

// The extended codes are macros over macros, which Swift does not import.
private let SQLITE_CONSTRAINT_CHECK_CODE: Int32 = 275
private let SQLITE_CONSTRAINT_FOREIGNKEY_CODE: Int32 = 787
private let SQLITE_CONSTRAINT_NOTNULL_CODE: Int32 = 1299
private let SQLITE_CONSTRAINT_PRIMARYKEY_CODE: Int32 = 1555
private let SQLITE_CONSTRAINT_TRIGGER_CODE: Int32 = 1811
private let SQLITE_CONSTRAINT_UNIQUE_CODE: Int32 = 2067
private let SQLITE_CONSTRAINT_ROWID_CODE: Int32 = 2579
private let SQLITE_CONSTRAINT_DATATYPE_CODE: Int32 = 3091
private let SQLITE_IOERR_FSYNC_CODE: Int32 = 1034
private let SQLITE_IOERR_DIR_FSYNC_CODE: Int32 = 1290
