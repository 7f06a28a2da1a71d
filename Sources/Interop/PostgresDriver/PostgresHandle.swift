internal import CPostgres
internal import Database
private import Glibc

/// A connection of libpq. It never waits for the server longer than it is told: a server that is silent for too long is
/// lost, also when its machine still takes packets.
final class PostgresHandle {
    /// How much longer than its own limit for a statement the server may take to say that it is over.
    private static let answerGraceMs = 2_000

    /// `PGconn *`.
    let raw: OpaquePointer
    private let target: PostgresTarget
    /// Warnings that the server sent, counted by libpq's receiver.
    private let warnings: UnsafeMutablePointer<Int32>
    /// What every transaction must set for itself, as statements to follow a BEGIN: behind a pooler the next one may be on
    /// another of the server's connections. None where the connection is the server's own.
    private(set) var localSettings: [String] = []
    /// Whether what is queued goes out, and is answered, only with the next `sync`.
    private(set) var isPipelined = false
    /// Whether somebody between us and the server answers for it.
    private(set) var isPooled = false
    /// Whether the server was silent for too long.
    private(set) var isSilent = false
    /// The longest silence of a statement that is at work; nil where the server has no limit for it.
    private var statementSilenceMs: Int?

    /// Opens, and blocks until it is done or the time for it is over. Throws `DatabaseError.unavailable`, also for a
    /// standby: what it shows may be older than what was acknowledged.
    init(_ target: PostgresTarget) throws(DatabaseError) {
        let keywords = CStrings(target.parameters.map(\.keyword))
        let values = CStrings(target.parameters.map(\.value))
        guard let raw = PQconnectdbParams(keywords.pointers, values.pointers, 0) else {
            throw .unavailable(reason: "no memory for a connection")
        }
        self.raw = raw
        self.target = target
        warnings = .allocate(capacity: 1)
        warnings.initialize(to: 0)
        guard PQstatus(raw) == CONNECTION_OK else { throw .unavailable(reason: lastWords) }
        kessai_pq_hear_warnings(raw, warnings)
        guard PQsetnonblocking(raw, 1) == 0 else { throw .unavailable(reason: lastWords) }
        do { try applySettings() } catch { throw .unavailable(reason: error.message) }
    }

    private func applySettings() throws(PostgresFault) {
        statementSilenceMs = Self.silence(ofLimitMs: target.limits.statementTimeoutMs)
        guard PQsendQuery(raw, target.settingsStatement) == 1 else { throw fault(nil) }
        let result = try outcome(withinMs: target.limits.silenceMs)
        defer { PQclear(result) }
        try check(result)
        for row in 0..<PQntuples(result) {
            func text(_ column: Int32) -> String? {
                guard PQgetisnull(result, row, column) == 0 else { return nil }
                return PQgetvalue(result, row, column).map { String(cString: $0) }
            }
            guard let name = text(0), let process = text(2).flatMap(Int32.init) else { continue }
            if text(3) == "t" {
                throw PostgresFault(code: "25006", message: "the server is a standby, which takes no writes")
            }
            isPooled = process != PQbackendPID(raw)
            if let value = text(1) {
                // Values and names are ours; the server only wrote the values its own way.
                if isPooled { localSettings.append("SET LOCAL \(name) = '\(value)'") }
            } else if name == "statement_timeout", let limitMs = text(4).flatMap({ Int($0) }) {
                statementSilenceMs = Self.silence(ofLimitMs: limitMs)
            }
        }
    }

    private static func silence(ofLimitMs limitMs: Int) -> Int? { limitMs > 0 ? limitMs + answerGraceMs : nil }

    deinit {
        PQfinish(raw)
        warnings.deallocate()
    }

    /// Whether the connection is well as far as is known.
    var isAlive: Bool { !isSilent && PQstatus(raw) == CONNECTION_OK }

    /// Whether no transaction is open and nothing runs.
    var isIdle: Bool { isAlive && PQtransactionStatus(raw) == PQTRANS_IDLE }

    /// How many warnings there were so far.
    var warningCount: Int32 { warnings.pointee }

    /// libpq's last words about the connection, without secrets.
    var lastWords: String {
        isSilent ? "the database does not answer" : target.reason(String(cString: PQerrorMessage(raw)))
    }

    /// Looks whether the server has hung up, without waiting.
    func listenForEnd() {
        // Its last words come first, and only then the end.
        PQconsumeInput(raw)
        PQconsumeInput(raw)
    }

    /// Throws notifications away that came to a connection which never asked for any: a pooler may give us one of the
    /// server's on which another client did. They would be kept for ever.
    func forgetNotifications() {
        while let notification = PQnotifies(raw) { PQfreemem(notification) }
    }

    /// From now on statements are queued and go out together.
    func beginPipeline() throws(PostgresFault) {
        guard PQenterPipelineMode(raw) == 1 else { throw fault(nil) }
        isPipelined = true
    }

    /// Queues one of the driver's own statements.
    func queue(_ text: String) throws(PostgresFault) {
        let wasSent = isPipelined ? PQsendQueryParams(raw, text, 0, nil, nil, nil, nil, 0) : PQsendQuery(raw, text)
        guard wasSent == 1 else { throw fault(nil) }
    }

    /// Asks for the answers to what was queued so far before what is queued next is begun.
    func requestAnswers() throws(PostgresFault) {
        guard PQsendFlushRequest(raw) == 1 else { throw fault(nil) }
    }

    /// How long the server may be silent that is at work on so many statements; nil where it has no limit.
    func silenceMs(ofStatements count: Int) -> Int? { statementSilenceMs.map { $0 * count } }

    /// How long it may be silent that has nothing to do but to answer.
    var silenceMs: Int { target.limits.silenceMs }

    /// Sends what was queued. When one of the statements fails, the server runs none after it, up to here.
    func sync() throws(PostgresFault) {
        guard PQpipelineSync(raw) == 1 else { throw fault(nil) }
    }

    /// Reads up to the answer to the last `sync`, after which the server is ready for the next; what was not read before
    /// it is thrown away.
    func readSync(withinMs: Int? = nil) throws(PostgresFault) {
        var wasEnd = false
        while true {
            let result = try next(withinMs: withinMs)
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC: return
            // It would say so for ever.
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                throw PostgresFault(code: "0A000", message: "COPY is not supported", isLost: true)
            default: break
            }
            // Each statement's results end with nothing; nothing twice means that no more will come.
            if result == nil, wasEnd || !isAlive { throw PostgresFault(code: "", message: lastWords, isLost: true) }
            wasEnd = result == nil
        }
    }

    /// Runs one of the driver's own statements, which cost the server next to nothing, and gives its tag, once the
    /// server is ready for the next. Nothing else may be queued.
    @discardableResult
    func command(_ text: String) throws(PostgresFault) -> String {
        try queue(text)
        if isPipelined { try sync() }
        let result = try outcome(withinMs: silenceMs)
        defer { PQclear(result) }
        if isPipelined { try readSync(withinMs: silenceMs) }
        return try check(result)
    }

    /// Reads what was sent to its end: the first error, or else the last result, which the caller frees. Waits as `next`.
    func outcome(withinMs: Int? = nil) throws(PostgresFault) -> OpaquePointer? {
        var kept: OpaquePointer?
        while let result = try next(withinMs: withinMs) {
            if let kept, PQresultStatus(kept) == PGRES_FATAL_ERROR {
                PQclear(result)
            } else {
                PQclear(kept)
                kept = result
            }
        }
        return kept
    }

    /// The next result of what was sent, nil after the last; the caller frees it. Without `withinMs` the server may be
    /// at work for as long as its own limit allows, if somebody answers at its address.
    func next(withinMs: Int? = nil) throws(PostgresFault) -> OpaquePointer? {
        var silentForMs = 0
        while !isSilent {
            let mustSend = PQflush(raw)
            // Both fail only where the connection is broken, of which the result tells.
            if mustSend < 0 || PQstatus(raw) != CONNECTION_OK || (mustSend == 0 && PQisBusy(raw) == 0) {
                return PQgetResult(raw)
            }
            let mostMs = withinMs ?? statementSilenceMs ?? .max
            let stepMs = min(target.limits.silenceMs, mostMs - silentForMs)
            var file = pollfd(
                fd: PQsocket(raw), events: Int16(POLLIN) | (mustSend == 1 ? Int16(POLLOUT) : 0), revents: 0)
            let ready = poll(&file, 1, Int32(clamping: stepMs))
            if ready > 0 {
                silentForMs = 0
                if file.revents & ~Int16(POLLOUT) != 0 { PQconsumeInput(raw) }
            } else if ready == 0 {
                silentForMs += stepMs
                isSilent = silentForMs >= mostMs || !isAnyoneThere
            }
        }
        throw fault(nil)
    }

    /// Whether a server answers at the address, be it to refuse us. One that starts or ends has forgotten what it did
    /// for us.
    private var isAnyoneThere: Bool {
        let keywords = CStrings(target.parameters.map(\.keyword))
        let values = CStrings(target.parameters.map(\.value))
        return PQpingParams(keywords.pointers, values.pointers, 0) == PQPING_OK
    }

    /// Asks the server to stop what it is at.
    func cancel() {
        guard let cancel = PQgetCancel(raw) else { return }
        var words = [CChar](repeating: 0, count: 256)
        PQcancel(cancel, &words, Int32(words.count))
        PQfreeCancel(cancel)
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
