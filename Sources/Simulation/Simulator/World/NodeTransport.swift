internal import HTTP
internal import JSON
internal import Kernel
internal import StripeSandbox
private import Synchronization

/// Stripe as one life of the application reaches it, over a network that loses, delays and repeats.
struct NodeTransport: HTTPTransport {
    let inner: any HTTPTransport
    let sandbox: StripeSandbox
    let life: Life
    let node: Node
    let board: FaultBoard
    let trace: Trace
    let clock: SimulatedClock
    let chance: Chance
    let eventList: EventList
    let late: LateMessages

    func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let sent = clock.now()
        try await travel(chance.number(in: 1...60))
        // No network keeps a message for a day that the machine stood still: the connection is gone.
        guard clock.now().since(sent) <= request.timeout else { throw .timeout }
        if !eventList.isReadable, request.url.contains("/v1/events?") { throw .notSent(reason: "no connection") }
        let fault = board.pass(.call)
        switch fault {
        case .crashBeforeCall:
            node.crash(life)
            throw .cancelled
        case .callNotSent: throw .notSent(reason: "no connection")
        case .callLost:
            try await travel(request.timeout.milliseconds)
            throw .timeout
        case .callLate:
            let (inner, trace) = (inner, trace)
            let delay = request.timeout + .milliseconds(chance.number(in: 1...120_000))
            late.keep(until: clock.now().adding(delay)) {
                trace.tell("    late: \(request.method) \(Self.path(request))")
                do throws(HTTPTransportError) { _ = try await inner.send(request) } catch {
                    // Nobody waits for its answer.
                }
            }
            try await travel(request.timeout.milliseconds)
            throw .timeout
        case .callAnswerLostForADay:
            _ = try await exchange(request)
            clock.leap(.seconds(25 * 3600))
            throw .lost(reason: "connection reset")
        case .callUnauthorized: return try await refusal(401, "Invalid API Key provided: sk_test_******ssai")
        case .callForbidden: return try await refusal(403, "This IP address is not allowed to use this key.")
        case .callCut, .callNotJSON:
            var response = try await exchange(request)
            try await travel(chance.number(in: 1...60))
            if fault == .callCut {
                response.body = Array(response.body.prefix(response.body.count / 2))
            } else {
                response = HTTPResponse(
                    status: 502, headers: ["Content-Type": "text/html"], body: Array("<h1>Bad Gateway</h1>".utf8))
            }
            return response
        case .callRepeated:
            // The network gives it to Stripe twice; the first answer is lost.
            _ = try await exchange(request)
        case .callSlow: befall(request, .init(.delay, delay: .milliseconds(chance.number(in: 5_000...120_000))))
        case .callRateLimited: befall(request, .init(.rateLimit))
        case .callLockTimeout: befall(request, .init(.lockTimeout))
        case .callServerError: befall(request, .init(.serverError))
        case .callServerErrorDone: befall(request, .init(.serverError, hasEffect: true))
        case .callKeyInUse: befall(request, .init(.keyInUse))
        case .callNotFound: befall(request, .init(.notFound))
        case .callDependencyFailed: befall(request, .init(.serverError, status: 424))
        case .callGatewayTimeout: befall(request, .init(.serverError, status: 504, hasEffect: true))
        case .callOutage: befall(request, .init(.outage))
        case .callAnswerLost: befall(request, .init(.dropAnswer))
        default: break
        }
        let response = try await exchange(request)
        if fault == .crashAfterCall {
            node.crash(life)
            throw .cancelled
        }
        try await travel(chance.number(in: 1...60))
        return response
    }

    private func exchange(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let path = Self.path(request)
        do throws(HTTPTransportError) {
            let response = try await inner.send(request)
            trace.tell("    app → \(request.method) \(path): \(response.status)")
            return response
        } catch {
            trace.tell("    app → \(request.method) \(path): \(error)")
            throw error
        }
    }

    private static func path(_ request: HTTPClientRequest) -> Substring {
        request.url.split(separator: "/", maxSplits: 2).last?.prefix { $0 != "?" } ?? ""
    }

    private func refusal(_ status: Int, _ message: String) async throws(HTTPTransportError) -> HTTPResponse {
        try await travel(chance.number(in: 1...60))
        return .json(["error": ["type": "invalid_request_error", "message": .string(message)]], status: status)
    }

    /// The next request like it meets it: this one, unless somebody reads the same at the same time.
    private func befall(_ request: HTTPClientRequest, _ fault: StripeSandboxFault) {
        var fault = fault
        fault.method = request.method
        fault.path = "/\(Self.path(request))"
        fault.key = request.headers["Idempotency-Key"]
        sandbox.add(fault)
    }

    private func travel(_ milliseconds: Int64) async throws(HTTPTransportError) {
        do { try await clock.sleep(for: .milliseconds(milliseconds)) } catch { throw .cancelled }
        guard life.isAlive else { throw .cancelled }
    }
}

/// Stripe's list of events, which only reconciliation reads: where it cannot be read, nothing is reconciled.
final class EventList: Sendable {
    private let readable: Atomic<Bool>
    init(isReadable: Bool) { readable = Atomic(isReadable) }
    var isReadable: Bool { readable.load(ordering: .relaxed) }
    func open() { readable.store(true, ordering: .relaxed) }
}
