internal import Database
internal import HTTP
internal import Kernel
internal import Mail

/// The database with a failpoint before and after each commit.
struct FailpointDatabase: Database {
    let inner: any Database
    let failpoints: Failpoints

    var dialect: SQLDialect { inner.dialect }
    var lines: [DatabaseLine] { inner.lines }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        // The closure runs on the connection's thread, which does not know the task.
        let activity = Failpoints.activity
        let failpoints = failpoints
        let result = try await inner.write { tx in
            let result = try body(tx)
            failpoints.pass(.commitBefore, while: activity)
            return result
        }
        failpoints.pass(.commitAfter, while: activity)
        return result
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await inner.read(body)
    }

    func wait(forNotification channel: String, timeout: Duration) async throws {
        try await inner.wait(forNotification: channel, timeout: timeout)
    }

    func close() async { await inner.close() }
}

/// Vendors with a failpoint before and after each call.
struct FailpointTransport: HTTPTransport {
    let inner: any HTTPTransport
    let failpoints: Failpoints

    func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let activity = Self.activity(of: request)
        failpoints.pass(.callBefore, while: activity)
        // Whether it was answered or not: what the vendor did is done.
        defer { failpoints.pass(.callAfter, while: activity) }
        return try await inner.send(request)
    }

    /// The method and the path, with `{id}` where an object is named.
    static func activity(of request: HTTPClientRequest) -> String {
        let parts = request.url.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false)
        // https:, nothing, the host; words of paths are of small letters, and ids hold digits or capitals.
        let path = parts.dropFirst(3).enumerated().map { index, word in
            index > 0 && word.contains { $0.isNumber || $0.isUppercase } ? "{id}" : String(word)
        }
        return "\(request.method) /\(path.joined(separator: "/"))"
    }
}

/// Mail with a failpoint before and after each.
struct FailpointMailer: Mailer {
    let inner: any Mailer
    let failpoints: Failpoints

    func send(_ mail: Mail) async throws {
        failpoints.pass(.mailBefore)
        try await inner.send(mail)
        failpoints.pass(.mailAfter)
    }
}

/// A handler of the router's requests with a failpoint before each answer, which names what a request is.
struct FailpointHandler: HTTPHandler {
    let inner: any HTTPHandler
    let router: Router
    let failpoints: Failpoints

    func admit(_ head: HTTPRequestHead) -> HTTPAdmission { inner.admit(head) }

    func refused(code: String) { inner.refused(code: code) }

    func connection(_ event: ConnectionEvent) { inner.connection(event) }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let activity = "\(request.head.method) \(router.template(of: request.head) ?? "?")"
        return await Failpoints.$activity.withValue(activity) {
            let response = await inner.respond(to: request)
            failpoints.pass(.answerBefore)
            return response
        }
    }
}
