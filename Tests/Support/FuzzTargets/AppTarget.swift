internal import Crypto
internal import HTTP
internal import JSON
internal import Kernel
internal import KessaiApp
internal import Synchronization

private import class Dispatch.DispatchSemaphore

extension FuzzTarget {
    /// Requests to the whole application, each a line `METHOD /target`, fields, an empty line and a body, with lines of
    /// `---` between them. In them `{buyer}` and `{operator}` stand for tokens, `{order}` for an order's id, and `{sign}`
    /// for Stripe's signature of the body. Whatever is asked, the answer is one that a stranger may get.
    static let app = FuzzTarget("app", "requests to the whole application, also of who is logged in and of Stripe") {
        let properties = try AppProperties()
        return { input in try properties.check(input) }
    }
}

final class AppProperties: Sendable {
    /// After so many requests a fresh application is made, so that rows do not pile up.
    private static let requestsMax = 500
    private let current: Mutex<(host: AppHost, requests: Int)>

    init() throws { current = Mutex((try Self.wait { try await AppHost.make() }, 0)) }

    func check(_ input: [UInt8]) throws {
        for text in Self.split(input, at: Array("\n---\n".utf8)).prefix(8) {
            let (host, requests) = current.withLock { current in
                current.requests += 1
                return (current.host, current.requests)
            }
            try ask(host, text)
            if requests >= Self.requestsMax {
                let fresh = try Self.wait { try await AppHost.make() }
                current.withLock { $0 = (fresh, 0) }
            }
        }
    }

    private func ask(_ host: AppHost, _ text: [UInt8]) throws {
        guard var request = Self.request(text, words: host.words) else { return }
        request.head.requestID = "req_fuzz"
        let asked = request
        let response = try Self.wait {
            switch host.app.handler.admit(asked.head) {
            case .refuse(let refusal): return refusal
            case .accept(let bodyBytesMax) where asked.body.count > bodyBytesMax:
                return Problem.bodyTooLarge(bodyBytesMax).response(requestID: asked.head.requestID)
            case .accept: return await host.app.handler.respond(to: asked)
            }
        }
        try Self.check(response, text)
    }

    private static func check(_ response: HTTPResponse, _ text: [UInt8]) throws {
        try hold((200..<500).contains(response.status), "the status \(response.status) for \(text.shown())")
        for (name, value) in response.headers.all {
            try hold(PageProperties.isOneLine(name + value), "the field \(name) for \(text.shown())")
        }
        let type = response.headers["Content-Type"] ?? ""
        if response.headers["Content-Encoding"] != nil {
            return try hold(response.body.starts(with: [0x1F, 0x8B]), "no gzip for \(text.shown())")
        }
        if type.hasSuffix("json") {
            let json = try? JSONValue(parsing: response.body)  // nil is the fault that is looked for.
            try hold(json != nil, "no JSON for \(text.shown())")
            guard response.status >= 400 else { return }
            let faults = Problem.schema.faults(in: json ?? .null)
            try hold(faults.isEmpty, "no problem (\(faults)) for \(text.shown())")
            try hold(json?["status"] == .int(Int64(response.status)), "another status for \(text.shown())")
        } else if response.status >= 400 {
            try hold(type.hasPrefix("text/html"), "a problem of type \(type) for \(text.shown())")
        }
        if type.hasPrefix("text/html") {
            try hold(String(validating: response.body, as: UTF8.self) != nil, "no UTF-8 for \(text.shown())")
            let hasScript = response.body.firstRange(of: Array("<script".utf8)) != nil
            try hold(!hasScript, "a script in the page for \(text.shown())")
        }
    }

    /// A request of its text; nil when it is none. What HTTP itself does not let through is left out.
    private static func request(_ text: [UInt8], words: [String: String]) -> HTTPRequest? {
        let parts = split(text, at: Array("\n\n".utf8), once: true)
        var body = parts.count > 1 ? parts[1] : []
        if var written = String(validating: body, as: UTF8.self) {
            for (word, value) in words { written = written.replacing("{\(word)}", with: value) }
            body = Array(written.utf8)
        }
        var head = String(decoding: parts[0].filter { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x0A }, as: UTF8.self)
        for (word, value) in words { head = head.replacing("{\(word)}", with: value) }
        if head.contains("{sign}") { head = head.replacing("{sign}", with: signature(of: body)) }
        let lines = head.split(separator: "\n")
        let start = (lines.first ?? "").split(separator: " ")
        guard start.count == 2, start[1].utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { continue }
            headers.add(String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        return HTTPRequest(String(start[0]), String(start[1]), headers: headers, body: body)
    }

    private static func signature(of body: [UInt8]) -> String {
        let time = String(AppHost.start.epochSeconds)
        let message = Array("\(time).".utf8) + body
        return "t=\(time),v1="
            + Hex.encode(Digest.hmacSHA256(key: Array(AppHost.webhookSecret.reveal().utf8), message))
    }

    private static func split(_ bytes: [UInt8], at separator: [UInt8], once: Bool = false) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var rest = bytes[...]
        while let place = rest.firstRange(of: separator), !(once && parts.count == 1) {
            parts.append(Array(rest[..<place.lowerBound]))
            rest = rest[place.upperBound...]
        }
        return parts + [Array(rest)]
    }

    /// Waits on this thread, which is none of Swift's own.
    private static func wait<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) throws -> R {
        let semaphore = DispatchSemaphore(value: 0)
        let outcome = Mutex<Result<R, any Error>?>(nil)
        Task {
            let result: Result<R, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            outcome.withLock { $0 = result }
            semaphore.signal()
        }
        semaphore.wait()
        guard let result = outcome.withLock({ $0 }) else { throw BrokenProperty(description: "no outcome") }
        return try result.get()
    }
}
