public import HTTP
public import Kernel
public import Metrics

/// What stands between a server and the router: limits, the header fields of every answer, other sites' pages (CORS), and
/// compression. It knows routes by what they declare and nothing of what they do.
///
/// Before the body of a request is read, in this order: a browser's question about CORS is answered, an unknown path or
/// method is refused (404, 405), who has used up its share is refused (429), and what could not be served in time (503). What
/// the limits by account refuse comes later, from the router, once it is known who asks.
public struct Edge: HTTPHandler {
    private let router: Router
    private let rates: RateGate?
    private let origins: CORSPolicy?
    private let compression = AnswerCompression()
    private let load: LoadGate
    private let metrics: RequestMetrics
    private let clock: any WallClock

    /// Stands before `router`. Without `rates` nobody is limited; without `origins` no other site's pages are answered.
    /// `rates` is to be the outermost middleware of `router`, too. How requests went is counted in `metrics`.
    public init(
        router: Router, rates: RateGate?, origins: CORSPolicy?, load: LoadGate, metrics: RequestMetrics,
        clock: any WallClock
    ) {
        self.router = router
        self.rates = rates
        self.origins = origins
        self.load = load
        self.metrics = metrics
        self.clock = clock
    }

    /// Refuses before the body is read, or tells how much of it is.
    public func admit(_ head: HTTPRequestHead) -> HTTPAdmission {
        switch router.route(of: head) {
        case .failure(let problem):
            if let preflight = origins?.preflight(head, router) {
                return .refuse(finished(preflight, of: nil, for: head))
            }
            metrics.refuse(problem.code)
            return .refuse(finished(problem.response(requestID: head.requestID), of: nil, for: head))
        case .success(let route):
            if let problem = rates?.refusal(of: head, to: route) {
                return .refuse(refusal(problem, HTTPRequest(head: head), of: route))
            }
            guard load.admit(route.rateClass, head.requestID, isWhole: head.isWhole) else {
                return .refuse(tooMuch(HTTPRequest(head: head), of: route))
            }
            return .accept(bodyBytesMax: route.bodyBytesMax)
        }
    }

    /// Counts what the server refused by itself.
    public func refused(code: String) { metrics.refuse(code) }

    /// Counts a connection.
    public func connection(_ event: ConnectionEvent) {
        switch event {
        case .opened: metrics.connectionOpened()
        case .closed: metrics.connectionClosed()
        case .turnedAway(let reason): metrics.turnAway(reason)
        }
    }

    /// Answers.
    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard case .success(let asked) = router.route(of: request.head) else {
            // The router tells why it finds none.
            return finished(await router.respond(to: request), of: nil, for: request.head)
        }
        // Others may have come while its body did.
        guard load.begin(asked.rateClass, request.head.requestID) else {
            return tooMuch(request, of: asked)
        }
        let began = clock.now()
        metrics.begin()
        let (answer, route) = await router.answer(request)
        let response = finished(answer, of: route, for: request.head)
        metrics.end(
            method: asked.method, route: asked.path, status: response.status,
            milliseconds: clock.now().since(began).milliseconds)
        load.end(asked.rateClass)
        return response
    }

    private func tooMuch(_ request: HTTPRequest, of route: Route) -> HTTPResponse {
        metrics.refuse(Problem.overloaded.code)
        return refusal(.overloaded, request, of: route)
    }

    private func refusal(_ problem: Problem, _ request: HTTPRequest, of route: Route) -> HTTPResponse {
        let answer =
            route.door?.page(of: problem, for: request) ?? problem.response(requestID: request.head.requestID)
        return finished(answer, of: route, for: request.head)
    }

    private func finished(_ answer: HTTPResponse, of route: Route?, for head: HTTPRequestHead) -> HTTPResponse {
        var answer = answer
        SecurityHeaders.fill(&answer)
        origins?.apply(to: &answer, of: route, for: head)
        compression.apply(to: &answer, of: route, for: head)
        return answer
    }
}

extension HTTPRequestHead {
    /// Whether nothing follows it. A route that wants no body says nothing of whether one comes: who sends one all the same may
    /// never be done, or be refused for it, and is not to keep a place meanwhile.
    fileprivate var isWhole: Bool { headers["Transfer-Encoding"] == nil && (headers["Content-Length"] ?? "0") == "0" }
}
