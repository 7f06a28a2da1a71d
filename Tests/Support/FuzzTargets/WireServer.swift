internal import HTTP
internal import HTTPServer
internal import Identity
internal import JSON
internal import Kernel
internal import KernelTesting
internal import Synchronization

/// A real server with a router of a few routes of every kind, which writes down what reaches it.
final class WireServer: Sendable {
    /// What reached the handler.
    enum Seen: Sendable, Equatable {
        /// A head, before its body.
        case head(method: String, path: String, query: String)
        /// A whole request.
        case whole(method: String, path: String, query: String, fields: [String], body: [UInt8])
    }

    private let seen: Seens
    private let server: HTTPServer

    /// The port on the loopback.
    var port: UInt16 { server.port }
    /// How many connections are open.
    var connectionCount: Int { server.connectionCount }

    /// Starts it, with limits that a small input can reach.
    init() throws {
        seen = Seens()
        server = try HTTPServer.start(
            HTTPServerOptions(
                epollThreads: 1, connectionsMax: 8, idleTimeoutSeconds: 8, headBytesMax: 2 << 10, discardBytesMax: 512),
            handler: Recorder(router: Self.router, seen: seen), random: SeededRandom(), log: .silent)
    }

    /// What was seen since the last call.
    func take() -> [Seen] {
        seen.all.withLock { all in
            defer { all = [] }
            return all
        }
    }

    private static let router = Router(
        routes: [
            Route("GET", "/plain", "", tag: "", access: .everyone, answers: []) { _ in .text("plain") },
            Route(
                "GET", "/items/{id}", "", tag: "", access: .everyone, queries: [.init("limit", .integer(1...9))],
                answers: []
            ) { context in .json(["id": .string(context.parameter("id")), "limit": .init(context.query("limit"))]) },
            Route("DELETE", "/items/{id}", "", tag: "", access: .everyone, answers: []) { _ in
                HTTPResponse(status: 204)
            },
            Route(
                "POST", "/json", "", tag: "", access: .everyone, body: .object([.optional("a", .any)]),
                bodyBytesMax: 300, answers: []
            ) { context in .json(context.json) },
            Route("POST", "/raw", "", tag: "", access: .signature, bodyBytesMax: 300, answers: []) { context in
                .text("\(context.request.body.count)")
            },
            Route("POST", "/nothing", "", tag: "", access: .everyone, answers: []) { _ in .json([:], status: 201) },
            Route("GET", "/ours", "", tag: "", access: .authenticated, answers: []) { _ in .text("never") },
        ], authenticator: nil, log: .silent)
}

private final class Seens: Sendable {
    let all = Mutex<[WireServer.Seen]>([])
}

/// Stands before the router.
private struct Recorder: HTTPHandler {
    let router: Router
    let seen: Seens

    func admit(_ head: HTTPRequestHead) -> HTTPAdmission {
        seen.all.withLock { $0.append(.head(method: head.method, path: head.path, query: head.query)) }
        return router.admit(head)
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let head = request.head
        seen.all.withLock {
            $0.append(
                .whole(
                    method: head.method, path: head.path, query: head.query,
                    fields: head.headers.all.map { "\($0.name): \($0.value)" }, body: request.body))
        }
        return await router.respond(to: request)
    }
}
