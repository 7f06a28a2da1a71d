internal import CPostgres
internal import Database

/// A connection of libpq.
final class PostgresHandle {
    /// `PGconn *`.
    let raw: OpaquePointer
    private let target: PostgresTarget
    /// What every transaction must set for itself, as text to follow a BEGIN: behind a pooler the next one may be on
    /// another of the server's connections. Empty where the connection is the server's own.
    private(set) var localSettings = ""

    /// Opens, and blocks until it is done or the time for it is over. Throws `DatabaseError.unavailable`.
    init(_ target: PostgresTarget) throws(DatabaseError) {
        let keywords = CStrings(target.parameters.map(\.keyword))
        let values = CStrings(target.parameters.map(\.value))
        guard let raw = PQconnectdbParams(keywords.pointers, values.pointers, 0) else {
            throw .unavailable(reason: "no memory for a connection")
        }
        self.raw = raw
        self.target = target
        guard PQstatus(raw) == CONNECTION_OK else { throw .unavailable(reason: lastWords) }
        kessai_pq_silence(raw)
        do { try applySettings() } catch { throw .unavailable(reason: error.message) }
    }

    private func applySettings() throws(PostgresFault) {
        let result = PQexec(raw, target.settingsStatement)
        defer { PQclear(result) }
        try check(result)
        for row in 0..<PQntuples(result) {
            guard let name = PQgetvalue(result, row, 0), let value = PQgetvalue(result, row, 1),
                let process = PQgetvalue(result, row, 2), Int32(String(cString: process)) != PQbackendPID(raw)
            else { continue }
            // Values and names are ours; the server only wrote the values its own way.
            localSettings += "; SET LOCAL \(String(cString: name)) = '\(String(cString: value))'"
        }
    }

    deinit { PQfinish(raw) }

    /// Whether the connection is well as far as is known.
    var isAlive: Bool { PQstatus(raw) == CONNECTION_OK }

    /// Whether no transaction is open and nothing runs.
    var isIdle: Bool { isAlive && PQtransactionStatus(raw) == PQTRANS_IDLE }

    /// libpq's last words about the connection, without secrets.
    var lastWords: String { target.reason(String(cString: PQerrorMessage(raw))) }

    /// Looks whether the server has hung up, without waiting.
    func listenForEnd() {
        // Its last words come first, and only then the end.
        PQconsumeInput(raw)
        PQconsumeInput(raw)
    }

    /// Runs one of the driver's own statements and gives its tag, once the server is ready for the next.
    @discardableResult
    func command(_ text: String) throws(PostgresFault) -> String {
        let result = PQexec(raw, text)
        defer { PQclear(result) }
        return try check(result)
    }

    /// Throws unless a result is a success; gives its tag.
    @discardableResult
    func check(_ result: OpaquePointer?) throws(PostgresFault) -> String {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: return result.map { String(cString: PQcmdStatus($0)) } ?? ""
        default: throw fault(result)
        }
    }

    /// What a failed result says, or what the connection says when there is none.
    func fault(_ result: OpaquePointer?) -> PostgresFault {
        if let result {
            var fault = PostgresFault(result)
            if !fault.code.isEmpty {
                fault.isLost = !isAlive
                return fault
            }
        }
        return PostgresFault(code: "", message: lastWords, isLost: true)
    }
}

/// C strings and the null pointer after them, freed with the object.
private final class CStrings {
    let pointers: [UnsafePointer<CChar>?]
    private let buffers: [UnsafeMutablePointer<CChar>]

    init(_ strings: [String]) {
        buffers = strings.map { string in
            let bytes = string.utf8CString
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            for (index, byte) in bytes.enumerated() { (buffer + index).initialize(to: byte) }
            return buffer
        }
        pointers = buffers.map { UnsafePointer($0) } + [nil]
    }

    deinit { for buffer in buffers { buffer.deallocate() } }
}
