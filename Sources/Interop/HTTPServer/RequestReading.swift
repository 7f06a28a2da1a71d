import CMicroHTTPD
import HTTP
import Kernel

/// Reads a request's head, and decides about its body.
struct RequestReading {
    /// The head for the handler.
    let head: HTTPRequestHead
    private let service: Service
    private let fault: Problem?
    private let length: BodyLength

    private enum BodyLength {
        case none
        case known(Int)
        case chunked
    }

    init(
        _ connection: Connection, handle: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>
    ) {
        let service = connection.loop.service
        self.service = service
        let headers = Self.headers(of: handle)
        let (path, query, targetFault) = Self.parts(of: connection.target)
        let (length, framingFault) = Self.length(headers, isHTTP10: String(cString: version) == "HTTP/1.0")
        let headBytes = kessai_mhd_head_bytes(handle)
        self.length = length
        if headBytes > service.options.headBytesMax {
            fault = Problem(
                status: 431, code: "head_too_large",
                detail: "The head may have at most \(service.options.headBytesMax) bytes.")
        } else if connection.loop.draining?.step == .forced {
            fault = Problem.unavailable("The server stops.")
        } else {
            fault = framingFault ?? targetFault ?? Self.fieldFault(headers)
        }
        head = HTTPRequestHead(
            method: String(cString: method), path: path, query: query, headers: headers,
            remoteAddress: connection.peer,
            requestID: RequestID.accepted(headers["X-Request-Id"]) ?? RequestID.fresh(service.random))
    }

    /// How many bytes of body are taken, or the answer that refuses it.
    func admission() -> (bodyBytesMax: Int, refusal: HTTPResponse?) {
        if let fault { return (0, fault.response(requestID: head.requestID)) }
        switch service.handler.admit(head) {
        case .refuse(let response): return (0, response)
        case .accept(let bodyBytesMax):
            guard case .known(let count) = length, count > bodyBytesMax else { return (bodyBytesMax, nil) }
            return (bodyBytesMax, Problem.bodyTooLarge(bodyBytesMax).response(requestID: head.requestID))
        }
    }

    /// Whether a refusal is sent before the body is read, which costs the connection: when the client asked before
    /// sending, when the body is more than is thrown away, and when nobody knows where it ends. Else the body is
    /// read first, because a client that is still sending might never see the answer.
    var answersEarly: Bool {
        switch length {
        case .none: return fault != nil
        case .known(let count):
            return fault != nil || count > service.options.discardBytesMax || head.headers["Expect"] != nil
        case .chunked: return fault != nil || head.headers["Expect"] != nil
        }
    }

    private static func headers(of handle: OpaquePointer) -> HTTPHeaders {
        var fields: [(name: String, value: String)] = []
        fields.reserveCapacity(16)
        withUnsafeMutablePointer(to: &fields) { fields in
            _ = MHD_get_connection_values_n(
                handle, .HEADER_KIND,
                { fields, _, name, nameCount, value, valueCount in
                    let nameBytes = UnsafeRawBufferPointer(start: name, count: nameCount)
                    var valueBytes = UnsafeRawBufferPointer(start: value, count: valueCount)[...]
                    while valueBytes.last == 0x20 || valueBytes.last == 0x09 { valueBytes.removeLast() }
                    fields?.assumingMemoryBound(to: [(name: String, value: String)].self).pointee
                        .append(
                            (String(decoding: nameBytes, as: UTF8.self), String(decoding: valueBytes, as: UTF8.self)))
                    return .YES
                }, fields)
        }
        return HTTPHeaders(fields)
    }

    /// The path and query of a target: `/path?query`, or the same behind `http://host` (RFC 9112, 3.2).
    private static func parts(of target: [UInt8]) -> (path: String, query: String, fault: Problem?) {
        guard target.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return (
                "/", "",
                Problem(
                    status: 400, code: "path_not_valid", detail: "The path is not well-formed: percent-encode it.")
            )
        }
        var rest = target[...]
        if rest.first != UInt8(ascii: "/"), let scheme = rest.firstRange(of: Array("://".utf8)) {
            rest = rest[scheme.upperBound...].drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
            if rest.first != UInt8(ascii: "/") { rest = [UInt8(ascii: "/")] + rest }
        }
        let path = rest.prefix { $0 != UInt8(ascii: "?") }
        let query = rest.dropFirst(path.count + 1)
        return (String(decoding: path, as: UTF8.self), String(decoding: query, as: UTF8.self), nil)
    }

    /// A name that is no token, as one with a space before its colon, which libmicrohttpd lets pass and which a proxy
    /// before us may read as another field; or a value with control characters.
    private static func fieldFault(_ headers: HTTPHeaders) -> Problem? {
        let good = headers.all.allSatisfy { name, value in
            !name.isEmpty && name.utf8.allSatisfy(isTokenByte)
                && value.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
        }
        return good ? nil : Problem(status: 400, code: "head_not_valid", detail: "A header field is not well-formed.")
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// How the body is framed. Doubtful framings are refused, because a proxy before us may read them otherwise.
    private static func length(_ headers: HTTPHeaders, isHTTP10: Bool) -> (BodyLength, Problem?) {
        let lengths = headers.values("Content-Length")
        let codings = headers.values("Transfer-Encoding")
        let doubtful = Problem(
            status: 400, code: "framing_not_valid", detail: "The length of the body is not stated clearly.")
        if codings.isEmpty {
            if lengths.isEmpty { return (.none, nil) }
            guard lengths.count == 1, let count = Int(lengths[0]), count >= 0 else { return (.chunked, doubtful) }
            return (count == 0 ? .none : .known(count), nil)
        }
        guard lengths.isEmpty, codings.count == 1, !isHTTP10 else { return (.chunked, doubtful) }
        if codings[0].lowercased() == "chunked" { return (.chunked, nil) }
        return (
            .chunked,
            Problem(status: 501, code: "coding_not_supported", detail: "Send the body as it is, or chunked.")
        )
    }
}

/// Names of requests in logs and answers.
enum RequestID {
    /// The caller's id when it has 1 to 64 characters of `[A-Za-z0-9._-]`.
    static func accepted(_ text: String?) -> String? {
        guard let text, (1...64).contains(text.utf8.count) else { return nil }
        let fit = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        return fit ? text : nil
    }

    /// `req_` and 24 letters and digits. Eight of them are taken from each draw, because a draw is a system call.
    static func fresh(_ random: any RandomSource) -> String {
        let alphabet: StaticString = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        return String(unsafeUninitializedCapacity: 28) { buffer in
            for (index, byte) in "req_".utf8.enumerated() { buffer[index] = byte }
            for draw in 0..<3 {
                var bits = random.next()
                for index in 0..<8 {
                    let (digit, rest) = bits.multipliedFullWidth(by: 62)
                    buffer[4 + draw * 8 + index] = alphabet.utf8Start[Int(digit)]
                    bits = rest
                }
            }
            return 28
        }
    }
}
