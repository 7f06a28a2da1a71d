private import CSQLite
internal import Database
private import DriverSupport
private import Glibc

/// A prepared statement and what is known of it.
final class SQLiteStatement {
    /// The handle, `sqlite3_stmt *`.
    let handle: OpaquePointer
    /// Whether running it writes nothing.
    let isReadOnly: Bool
    /// Whether `sqlite3_changes64` speaks of it after it ran.
    let countsChanges: Bool
    /// The turn of its last use, for the cache.
    var lastUse: UInt64 = 0
    /// By parameter of SQLite: which value it takes.
    private let valueIndices: [Int]
    private let valuesCount: Int
    private var columns: Row.Columns?
    private var preparationsSeen: Int32 = 0

    /// Prepares `text`, which must be one statement, and may begin or end a transaction only when the driver says it.
    /// `database` outlives this object.
    init(_ text: String, on database: OpaquePointer, byDriver: Bool) throws {
        let kind = StatementText(text)
        if kind.controlsTransaction, !byDriver {
            throw DatabaseError.statement(code: "25000", message: "a closure may not begin or end a transaction")
        }
        var copy = text
        var handle: OpaquePointer?
        var isAlone = true
        let code = copy.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                var tail: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v3(
                    database, bytes.baseAddress, Int32(bytes.count), UInt32(SQLITE_PREPARE_PERSISTENT), &handle, &tail)
                if let tail, let start = bytes.baseAddress {
                    let rest = bytes[(tail - start)...].map { UInt8(bitPattern: $0) }
                    isAlone = StatementText.isBlank(rest)
                }
                return code
            }
        }
        guard code == SQLITE_OK else { throw SQLiteFault.preparing(database).error }
        guard let handle, isAlone else {
            sqlite3_finalize(handle)
            throw DatabaseError.statement(code: "42601", message: "not exactly one statement")
        }
        var indices: [Int] = []
        for parameter in 0..<sqlite3_bind_parameter_count(handle) {
            guard let name = sqlite3_bind_parameter_name(handle, parameter + 1),
                let number = Int(String(cString: name).dropFirst()), number > 0,
                name.pointee == CChar(UInt8(ascii: "$"))
            else {
                sqlite3_finalize(handle)
                throw DatabaseError.statement(code: "42P02", message: "parameters must be $1, $2, …")
            }
            indices.append(number - 1)
        }
        self.handle = handle
        valueIndices = indices
        valuesCount = (indices.max() ?? -1) + 1
        isReadOnly = sqlite3_stmt_readonly(handle) != 0
        countsChanges = !isReadOnly && ["INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"].contains(kind.firstWord)
    }

    deinit { sqlite3_finalize(handle) }

    /// Binds every parameter. Throws when there are more or fewer values, or a text that no text can be.
    func bind(_ values: [SQLValue]) throws {
        guard values.count == valuesCount else {
            throw DatabaseError.statement(
                code: "08P01", message: "\(values.count) values for \(valuesCount) parameters")
        }
        for (index, valueIndex) in valueIndices.enumerated() {
            let parameter = Int32(index + 1)
            let code: Int32
            switch values[valueIndex] {
            case .null: code = sqlite3_bind_null(handle, parameter)
            case .int(let value): code = sqlite3_bind_int64(handle, parameter, value)
            case .text(var value):
                code = try value.withUTF8 { bytes in
                    try bytes.withMemoryRebound(to: CChar.self) { bytes in
                        if let start = bytes.baseAddress, memchr(start, 0, bytes.count) != nil {
                            throw DatabaseError.statement(code: "22021", message: "a text holds a NUL")
                        }
                        guard let start = bytes.baseAddress else {
                            return kessai_sqlite3_bind_text(handle, parameter, "", 0)
                        }
                        return kessai_sqlite3_bind_text(handle, parameter, start, UInt64(bytes.count))
                    }
                }
            case .blob(let value):
                code = value.withUnsafeBytes { bytes in
                    kessai_sqlite3_bind_blob(handle, parameter, bytes.baseAddress, UInt64(bytes.count))
                }
            }
            guard code == SQLITE_OK else { throw SQLiteFault(extendedCode: code, message: "").error }
        }
    }

    /// The names of the answer's columns, read again after SQLite prepared the statement anew for a new schema.
    func currentColumns() -> Row.Columns {
        let preparations = sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_REPREPARE, 0)
        if let columns, preparations == preparationsSeen { return columns }
        preparationsSeen = preparations
        let names = (0..<sqlite3_column_count(handle)).map { index in
            sqlite3_column_name(handle, index).map { String(cString: $0) } ?? ""
        }
        let fresh = Row.Columns(names)
        columns = fresh
        return fresh
    }

    /// The values of the row that the statement stands on.
    func values(count: Int) -> [SQLValue] {
        (0..<Int32(count)).map { index in
            switch sqlite3_column_type(handle, index) {
            case SQLITE_INTEGER: return .int(sqlite3_column_int64(handle, index))
            case SQLITE_NULL: return .null
            case SQLITE_BLOB:
                guard let start = sqlite3_column_blob(handle, index) else { return .blob([]) }
                let count = Int(sqlite3_column_bytes(handle, index))
                return .blob([UInt8](UnsafeRawBufferPointer(start: start, count: count)))
            default:
                // A floating number, which only search gives, is text as it is on PostgreSQL (law 9: none in money).
                guard let start = sqlite3_column_text(handle, index) else { return .text("") }
                let count = Int(sqlite3_column_bytes(handle, index))
                return .text(String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
            }
        }
    }

    /// Makes the statement ready for its next use and lets go of the values.
    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }
}
