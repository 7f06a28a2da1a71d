import HTTP
import HTTPServer
import Kernel
import KernelTesting

/// A handler of closures.
struct ClosureHandler: HTTPHandler {
    var admission: @Sendable (HTTPRequestHead) -> HTTPAdmission = { _ in .accept(bodyBytesMax: 1 << 20) }
    var refusal: @Sendable (_ code: String) -> Void = { _ in }
    var connected: @Sendable (ConnectionEvent) -> Void = { _ in }
    var answer: @Sendable (HTTPRequest) async -> HTTPResponse

    func refused(code: String) { refusal(code) }
    func connection(_ event: ConnectionEvent) { connected(event) }
    func admit(_ head: HTTPRequestHead) -> HTTPAdmission { admission(head) }
    func respond(to request: HTTPRequest) async -> HTTPResponse { await answer(request) }
}

extension HTTPServer {
    /// A server on a free port, of one thread unless said otherwise.
    static func test(
        _ options: HTTPServerOptions = HTTPServerOptions(epollThreads: 1), handler: any HTTPHandler,
        log: Log = .silent, startTask: @escaping TaskStarter = HTTPServer.pooled
    ) throws -> HTTPServer {
        try HTTPServer.start(options, handler: handler, random: SeededRandom(), log: log, startTask: startTask)
    }

    static func test(
        _ options: HTTPServerOptions = HTTPServerOptions(epollThreads: 1),
        answer: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
    ) throws -> HTTPServer {
        try test(options, handler: ClosureHandler(answer: answer))
    }
}

extension HTTPServer {
    /// Runs a blocking client against this server, then stops it.
    func use<Result: Sendable>(_ body: @escaping @Sendable (_ port: UInt16) throws -> Result) async throws -> Result {
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await offPool { [port] in try body(port) })
        } catch {
            result = .failure(error)
        }
        await drain(within: .zero)
        return try result.get()
    }
}

func get(_ target: String, _ fields: String = "") -> String {
    "GET \(target) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n"
}

func post(_ target: String, _ body: String, _ fields: String = "") -> String {
    "POST \(target) HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}
