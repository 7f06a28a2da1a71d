import HTTP
import Kernel
import Synchronization
import Testing

/// Answers with a script, one step a request, and keeps what was sent. A request beyond the script is an issue.
final class StubTransport: HTTPTransport {
    enum Step {
        case answer(HTTPResponse)
        case fail(HTTPTransportError)
    }

    private struct State {
        var steps: [Step]
        var requests: [HTTPClientRequest] = []
    }
    private let state: Mutex<State>
    private let beforeEach: @Sendable () -> Void

    /// `beforeEach` runs within every request, to let time pass.
    init(_ steps: [Step], beforeEach: @escaping @Sendable () -> Void = {}) {
        state = Mutex(State(steps: steps))
        self.beforeEach = beforeEach
    }

    var requests: [HTTPClientRequest] { state.withLock { $0.requests } }
    var stepsLeft: Int { state.withLock { $0.steps.count } }

    func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        beforeEach()
        let step = state.withLock { state -> Step? in
            state.requests.append(request)
            return state.steps.isEmpty ? nil : state.steps.removeFirst()
        }
        switch step {
        case .answer(let response): return response
        case .fail(let error): throw error
        case nil:
            Issue.record("a call that was not stubbed: \(request.method) \(request.url)")
            throw .notSent(reason: "not stubbed")
        }
    }
}
