import AppTesting
import HTTP
import Synchronization

/// Sends requests to an application in this process, unless the next misfortune says otherwise, and keeps them.
final class TestTransport: HTTPTransport {
    enum Misfortune {
        /// The request takes effect, and its answer is lost.
        case loseAnswer
        /// Nothing takes effect, which the client cannot tell from `loseAnswer`.
        case loseRequest
        /// There is no connection.
        case refuse
        /// Somebody else answers.
        case answer(HTTPResponse)
    }

    private struct State {
        var misfortunes: [Misfortune]
        var requests: [HTTPClientRequest] = []
    }
    private let state: Mutex<State>
    private let answer: @Sendable (HTTPRequest) async -> HTTPResponse

    init(_ misfortunes: [Misfortune] = [], to world: World? = nil) {
        state = Mutex(State(misfortunes: misfortunes))
        answer = { request in
            guard let reply = await world?.send(request) else { return HTTPResponse(status: 404) }
            return HTTPResponse(status: reply.status, headers: reply.headers, body: reply.body)
        }
    }

    var requests: [HTTPClientRequest] { state.withLock { $0.requests } }

    func meet(_ misfortunes: Misfortune...) { state.withLock { $0.misfortunes += misfortunes } }

    func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        if Task.isCancelled { throw .cancelled }
        let misfortune = state.withLock { state -> Misfortune? in
            state.requests.append(request)
            return state.misfortunes.isEmpty ? nil : state.misfortunes.removeFirst()
        }
        guard request.url.hasPrefix(World.origin) else { throw .notSent(reason: "another host") }
        let inner = HTTPRequest(
            request.method, String(request.url.dropFirst(World.origin.count)), headers: request.headers,
            body: request.body)
        switch misfortune {
        case nil: return await answer(inner)
        case .loseAnswer:
            _ = await answer(inner)
            throw .lost(reason: "connection reset")
        case .loseRequest: throw .timeout
        case .refuse: throw .notSent(reason: "connection refused")
        case .answer(let response): return response
        }
    }
}
