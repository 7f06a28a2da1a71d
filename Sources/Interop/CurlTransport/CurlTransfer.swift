import CCurl
import HTTP
import Kernel

/// One request on its way.
///
/// `@unchecked Sendable`: but for the request, which does not change, it belongs to the engine's thread; others only
/// carry it there in a command.
final class CurlTransfer: @unchecked Sendable {
    /// Who waits.
    var continuation: CheckedContinuation<CurlOutcome, Never>?
    /// Whether the task was cancelled, perhaps before the engine saw the request.
    var cancelled = false
    /// Until when the exchange may last, counted from its asking.
    let deadline: ContinuousClock.Instant
    /// The host and port of the address, without credentials.
    let host: String
    /// libcurl's handle.
    private(set) var easy: UnsafeMutableRawPointer?
    private let request: HTTPClientRequest
    private var fields: UnsafeMutablePointer<curl_slist>?
    private var headers: [(name: String, value: String)] = []
    private var headBytes = 0
    private var headEnded = false
    private var body: [UInt8] = []
    private var tooLarge = false
    /// How often a connection stood and libcurl was about to send.
    private var sendings = 0

    /// The most that an answer's fields may have, in bytes.
    private static let headBytesMax = 64 << 10

    init(_ request: HTTPClientRequest) {
        self.request = request
        deadline = .now + request.timeout
        host = Self.host(of: request.url)
    }

    /// The handle, ready to be added. Throws `notSent` for a request that cannot be sent at all.
    func prepare(
        _ settings: CurlSettings, within limit: Duration
    ) throws(HTTPTransportError) -> UnsafeMutableRawPointer {
        guard let easy = curl_easy_init() else { throw .notSent(reason: "no memory") }
        self.easy = easy
        let timeoutMs = min(max(1, limit.milliseconds), Int64(Int32.max))
        let context = Unmanaged.passUnretained(self).toOpaque()
        var fits = true
        func number(_ option: CURLoption, _ value: Int) {
            fits = kessai_curl_set_number(easy, option, value) == CURLE_OK && fits
        }
        func text(_ option: CURLoption, _ value: String) {
            fits = !value.utf8.contains(0) && kessai_curl_set_text(easy, option, value) == CURLE_OK && fits
        }
        text(CURLOPT_URL, request.url)
        text(CURLOPT_PROTOCOLS_STR, "http,https")
        number(CURLOPT_FOLLOWLOCATION, 0)
        number(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        number(CURLOPT_NOSIGNAL, 1)
        // A name that is still looked up when its time is over must not hold up the thread for all.
        number(CURLOPT_QUICK_EXIT, 1)
        number(CURLOPT_TIMEOUT_MS, Int(timeoutMs))
        number(CURLOPT_CONNECTTIMEOUT_MS, Int(min(timeoutMs, max(1, settings.connectTimeoutMs))))
        // Peers close what is idle, often after a minute; the less is reused late, the less is sent into a void.
        number(CURLOPT_MAXAGE_CONN, 30)
        number(CURLOPT_SSL_VERIFYPEER, 1)
        number(CURLOPT_SSL_VERIFYHOST, 2)
        if let file = settings.authoritiesFile { text(CURLOPT_CAINFO, file) }
        method(number: number, text: text)
        fits =
            kessai_curl_set_size(easy, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(request.responseBytesMax)) == CURLE_OK
            && fits
        fits = setFields() && fits
        fits = setCallbacks(context) && fits
        guard fits else { throw .notSent(reason: "the request is not one of HTTP") }
        return easy
    }

    /// Frees libcurl's things; the handle is in no multi handle any more.
    func free() {
        if let easy { curl_easy_cleanup(easy) }
        easy = nil
        curl_slist_free_all(fields)
        fields = nil
    }

    /// What libcurl's result means. What counts is whether sending began (law 3).
    func outcome(_ result: CURLcode) -> CurlOutcome {
        if tooLarge || result == CURLE_FILESIZE_EXCEEDED { return .failure(.answerTooLarge) }
        if result == CURLE_OK, let easy {
            // libcurl takes a head that breaks off for a whole answer.
            guard headEnded else { return broken("the answer broke off") }
            let status = kessai_curl_status(easy)
            return .success(HTTPResponse(status: status, headers: HTTPHeaders(headers), body: body))
        }
        if sendings > 0, result == CURLE_OPERATION_TIMEDOUT { return .failure(.timeout) }
        if result == CURLE_ABORTED_BY_CALLBACK { return broken("the connection ended before an answer") }
        return broken(String(cString: curl_easy_strerror(result)))
    }

    /// Ended without an answer.
    func broken(_ reason: String) -> CurlOutcome {
        .failure(sendings == 0 ? .notSent(reason: reason) : .lost(reason: reason))
    }

    /// Writes the line of this request.
    func report(_ outcome: CurlOutcome, to log: Log) {
        let how: String
        switch outcome {
        case .success(let response): how = String(response.status)
        case .failure(let error): how = String(describing: error)
        }
        let elapsedMs = easy.map { kessai_curl_total_microseconds($0) / 1000 } ?? 0
        log.debug(
            "http_request_sent",
            [
                "method": .string(request.method), "host": .string(host), "outcome": .string(how),
                "elapsed_ms": .int(Int64(elapsedMs)), "sendings": .int(Int64(sendings)),
            ])
    }

    private static func host(of url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return "" }
        let authority = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
        return String(authority.split(separator: "@").last ?? "")
    }

    // MARK: Preparing

    private func method(number: (CURLoption, Int) -> Void, text: (CURLoption, String) -> Void) {
        switch request.method {
        case "HEAD": number(CURLOPT_NOBODY, 1)
        case "GET" where request.body.isEmpty: number(CURLOPT_HTTPGET, 1)
        case "POST": number(CURLOPT_POST, 1)
        default: text(CURLOPT_CUSTOMREQUEST, request.method)
        }
        guard let easy, request.method == "POST" || !request.body.isEmpty else { return }
        // The size goes first, since it says how much is copied.
        kessai_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
        if request.body.isEmpty {
            // Without fields libcurl would read the body from standard input.
            text(CURLOPT_COPYPOSTFIELDS, "")
        } else {
            _ = request.body.withUnsafeBytes { kessai_curl_set_bytes(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
        }
    }

    private func setFields() -> Bool {
        guard let easy else { return false }
        var lines: [String] = []
        for (name, value) in request.headers.all {
            guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }), !name.isEmpty,
                value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 })
            else { return false }
            // A semicolon stands for a field without a value; a colon alone would leave the field out.
            lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        // libcurl would wait for a leave that few give, and would call every body a form.
        if request.headers["Expect"] == nil { lines.append("Expect:") }
        if request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
        for line in lines {
            guard let longer = curl_slist_append(fields, line) else { return false }
            fields = longer
        }
        return kessai_curl_set_pointer(easy, CURLOPT_HTTPHEADER, fields) == CURLE_OK
    }

    private func setCallbacks(_ context: UnsafeMutableRawPointer) -> Bool {
        guard let easy else { return false }
        let outcomes = [
            kessai_curl_set_pointer(easy, CURLOPT_PRIVATE, context),
            kessai_curl_set_pointer(easy, CURLOPT_WRITEDATA, context),
            kessai_curl_set_pointer(easy, CURLOPT_HEADERDATA, context),
            kessai_curl_set_pointer(easy, CURLOPT_PREREQDATA, context),
            kessai_curl_set_sink(easy, CURLOPT_WRITEFUNCTION) { bytes, _, count, context in
                CurlTransfer.of(context)?.take(body: UnsafeRawBufferPointer(start: bytes, count: count)) ?? 0
            },
            kessai_curl_set_sink(easy, CURLOPT_HEADERFUNCTION) { bytes, _, count, context in
                CurlTransfer.of(context)?.take(line: UnsafeRawBufferPointer(start: bytes, count: count)) ?? 0
            },
            kessai_curl_set_prerequest(easy) { context, _, _, _, _ in
                CurlTransfer.of(context)?.maySend() == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            },
        ]
        return outcomes.allSatisfy { $0 == CURLE_OK }
    }

    // MARK: libcurl's callbacks, all on the engine's thread inside curl_multi_perform

    private static func of(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
        context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// A connection stands; whether the request may go out on it.
    private func maySend() -> Bool {
        let first = sendings == 0
        sendings += 1
        return first || isRepeatable
    }

    /// Whether a second sending does no harm.
    private var isRepeatable: Bool {
        switch request.method {
        case "GET", "HEAD", "PUT", "DELETE", "OPTIONS": true
        default: request.headers["Idempotency-Key"] != nil
        }
    }

    /// A piece of the body; a number other than its count ends the transfer.
    private func take(body piece: UnsafeRawBufferPointer) -> Int {
        guard body.count + piece.count <= request.responseBytesMax else {
            tooLarge = true
            return 0
        }
        body.append(contentsOf: piece)
        return piece.count
    }

    /// A line of the head; a status line begins a new one.
    private func take(line: UnsafeRawBufferPointer) -> Int {
        headBytes += line.count
        guard headBytes <= Self.headBytesMax else {
            tooLarge = true
            return 0
        }
        if line.starts(with: "HTTP/".utf8) {
            headers = []
            headEnded = false
            return line.count
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            if line.count <= 2 { headEnded = true }
            return line.count
        }
        var value = line[(colon + 1)...]
        func isSpace(_ byte: UInt8?) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
        while isSpace(value.first) { value.removeFirst() }
        while isSpace(value.last) { value.removeLast() }
        headers.append((String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self)))
        return line.count
    }
}
