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
        let options = service.options
        let layout = HeadLayout(handle, method: method, targetBytes: connection.target.count, version: version)
        let raw = HTTPHeaders(layout.fields)
        var headers = Self.withoutBlanks(raw)
        let origin = options.proxies.origin(
            of: connection.peer, isEncrypted: service.certificate != nil, headers: headers)
        let method = String(cString: method)
        let version = String(cString: version)
        var target: Target?
        var length = BodyLength.chunked
        do throws(Problem) {
            if connection.loop.draining?.step == .forced { throw .stopping }
            if connection.target.count > options.targetBytesMax { throw .targetTooLong(options) }
            if kessai_mhd_head_bytes(handle) > options.headBytesMax { throw .headTooLarge(options) }
            if layout.fields.count > options.fieldsMax { throw .tooManyFields(options) }
            guard layout.isWellFormed, Token.isToken(method.utf8), Self.areWellFormed(headers) else {
                throw .headNotValid
            }
            guard version == "HTTP/1.1" || version == "HTTP/1.0" else { throw .versionNotSupported }
            length = try Self.length(raw, isHTTP10: version == "HTTP/1.0")
            let asked = try Target(connection.target, method: method)
            try Self.settleHost(&headers, authority: asked.authority, isRequired: version == "HTTP/1.1")
            target = asked
            fault = nil
        } catch {
            fault = error
        }
        self.service = service
        self.length = length
        head = HTTPRequestHead(
            method: method, path: target?.path ?? "/", query: target?.query ?? "", headers: headers,
            remoteAddress: connection.told(origin.address), isEncrypted: origin.isEncrypted,
            requestID: RequestID.accepted(headers["X-Request-Id"]) ?? RequestID.fresh(service.random))
    }

    /// Whether the body comes in chunks.
    var isChunked: Bool {
        if case .chunked = length { true } else { false }
    }

    /// What is done with a request once its head is read.
    enum Admission {
        /// Its body is read, of at most so many bytes, and the handler asked.
        case accepted(bodyBytesMax: Int)
        /// It is refused after its body has come: a client that is still sending might never see the answer.
        case refused(HTTPResponse)
        /// It is refused at once, which costs the connection: when the head is in doubt, when the client asked before
        /// sending, and when the body is more than is thrown away, or nobody knows where it ends.
        case refusedAtOnce(HTTPResponse)
    }

    /// Whether and how far the body is taken.
    func admission() -> Admission {
        if let fault {
            service.tell(of: fault, requestID: head.requestID)
            return .refusedAtOnce(fault.response(requestID: head.requestID))
        }
        switch service.handler.admit(head) {
        case .refuse(let response): return answersEarly ? .refusedAtOnce(response) : .refused(response)
        case .accept(let bodyBytesMax):
            guard case .known(let count) = length, count > bodyBytesMax else {
                return .accepted(bodyBytesMax: bodyBytesMax)
            }
            let problem = Problem.bodyTooLarge(bodyBytesMax)
            service.tell(of: problem, requestID: head.requestID)
            let response = problem.response(requestID: head.requestID)
            return answersEarly ? .refusedAtOnce(response) : .refused(response)
        }
    }

    private var answersEarly: Bool {
        switch length {
        case .none: false
        case .known(let count): count > service.options.discardBytesMax || head.headers["Expect"] != nil
        case .chunked: head.headers["Expect"] != nil
        }
    }

    /// The same without the blanks behind values, which belong to none (RFC 9110, 5.5).
    private static func withoutBlanks(_ headers: HTTPHeaders) -> HTTPHeaders {
        func hasBlank(_ value: String) -> Bool { value.utf8.last == 0x20 || value.utf8.last == 0x09 }
        guard headers.all.contains(where: { hasBlank($0.value) }) else { return headers }
        return HTTPHeaders(
            headers.all.map { ($0.name, String(decoding: Token.trimmed($0.value.utf8), as: UTF8.self)) })
    }

    /// Names that are tokens (one with a space before its colon is none, and libmicrohttpd lets it pass), and values
    /// without control characters.
    private static func areWellFormed(_ headers: HTTPHeaders) -> Bool {
        headers.all.allSatisfy { Token.isToken($0.name.utf8) && $0.value.utf8.allSatisfy(Token.isValueByte) }
    }

    /// One host, where HTTP/1.1 wants it; an absolute target's own goes before (RFC 9112, 3.2.2).
    private static func settleHost(_ headers: inout HTTPHeaders, authority: String?, isRequired: Bool) throws(Problem) {
        let hosts = headers.values("Host")
        guard hosts.count == 1 || hosts.isEmpty && !isRequired, hosts.allSatisfy(Target.isHost) else {
            throw .hostNotValid
        }
        guard let authority else { return }
        guard Target.isHost(authority) else { throw .hostNotValid }
        headers["Host"] = authority
    }

    /// How the body is framed. Doubtful framings are refused, because a proxy before us may read them otherwise.
    /// `raw` has its values as libmicrohttpd reads them: it takes `chunked` with a blank behind it for a coding that it
    /// does not know.
    private static func length(_ raw: HTTPHeaders, isHTTP10: Bool) throws(Problem) -> BodyLength {
        let lengths = raw.values("Content-Length")
        let codings = raw.values("Transfer-Encoding")
        if codings.isEmpty {
            if lengths.isEmpty { return .none }
            guard lengths.count == 1, lengths[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let count = Int(lengths[0])
            else { throw .framingNotValid }
            return count == 0 ? .none : .known(count)
        }
        guard lengths.isEmpty, codings.count == 1, !isHTTP10 else { throw .framingNotValid }
        // Letter by letter: the Kelvin sign, say, is a k in lower case, and libmicrohttpd does not take it for one.
        let coding = codings[0].utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        guard coding.elementsEqual("chunked".utf8) else { throw .codingNotSupported }
        return .chunked
    }
}
