import Brakes
import Edge
import HTTP
import Identity
import JSON
import Kernel
import KernelTesting
import Metrics

/// An edge before some routes, its clock and its log.
struct Standing {
    struct Forged: ProblemConvertible {
        var problem: Problem { Problem(status: 400, code: "forged", detail: "Forged.") }
    }
    struct Tokens: Authenticator {
        func principal(bearerToken: String) async throws -> Principal? {
            bearerToken.hasPrefix("u") ? Principal(userID: bearerToken, role: .buyer) : nil
        }
    }
    /// Says what it is asked to be a page of.
    struct Door: PageDoor {
        func token(of request: HTTPRequest) -> String? { request.head.headers["Cookie"] }
        func requireOwnForm(_ request: HTTPRequest) throws(Problem) {}
        func page(of problem: Problem, for request: HTTPRequest) -> HTTPResponse {
            var response = HTTPResponse.html("<p>\(problem.code)</p>", status: problem.status)
            response.headers["Retry-After"] = problem.headers["Retry-After"]
            return response
        }
    }

    let clock: ManualClock
    let log: LogRecorder
    let edge: Edge
    let load: LoadGate
    let metrics = RequestMetrics()

    init(_ routes: [Route], limits: RateLimits? = nil, origins: [String] = []) {
        let (clock, recorder) = (ManualClock(), LogRecorder())
        let log = recorder.log(clock: clock)
        let gate = limits.map { [metrics] limits in
            RateGate(
                limits,
                proofs: .init(claims: { $0.headers["Signature"] != nil }, failed: { $0 is Forged }), metrics: metrics,
                clock: clock, random: SeededRandom(), log: log)
        }
        load = LoadGate(clock: clock)
        edge = Edge(
            router: Router(
                routes: routes, authenticator: Tokens(), middleware: gate.map { [$0] } ?? [],
                log: log),
            rates: gate, origins: origins.isEmpty ? nil : CORSPolicy(origins: origins), load: load, metrics: metrics,
            clock: clock)
        (self.clock, self.log) = (clock, recorder)
    }

    /// What a server would answer; `isAdmitted` tells whether the body was read.
    func answer(
        _ method: String, _ target: String, _ headers: HTTPHeaders = [:], from address: String = "192.0.2.1",
        body: String = ""
    ) async -> (response: HTTPResponse, isAdmitted: Bool) {
        var request = HTTPRequest(method, target, headers: headers, body: Array(body.utf8))
        request.head.remoteAddress = address
        request.head.requestID = "req_1"
        switch edge.admit(request.head) {
        case .refuse(let response): return (response, false)
        case .accept: return (await edge.respond(to: request), true)
        }
    }

    /// What was counted as refused.
    var refusals: [String] {
        var page = Exposition()
        metrics.write(to: &page)
        return page.text.split(separator: "\n").map(String.init).filter { $0.hasPrefix("kessai_http_refusals_total{") }
    }

    func status(
        _ method: String, _ target: String, _ headers: HTTPHeaders = [:], from address: String = "192.0.2.1"
    ) async -> Int {
        await answer(method, target, headers, from: address).response.status
    }
}

extension Route {
    /// A route that answers text.
    static func says(
        _ method: String, _ path: String, _ text: String = "hello", type: String = "application/json",
        access: Access = .everyone, listed: Bool = true, door: (any PageDoor)? = nil, rateClass: RateClass? = nil,
        mayCompress: Bool? = nil, isFixed: Bool = false, headers: HTTPHeaders = [:]
    ) -> Route {
        Route(
            method, path, "Says.", tag: "Test", access: access, repeats: .harmless, answers: [.init(200, "It.")],
            listed: listed, door: door, rateClass: rateClass, mayCompress: mayCompress, isFixed: isFixed
        ) { _ in
            var response = HTTPResponse(status: 200, headers: headers, body: Array(text.utf8))
            response.headers["Content-Type"] = type
            return response
        }
    }
}
