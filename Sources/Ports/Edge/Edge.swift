public import HTTP

/// What stands between a server and the router: limits, the header fields of every answer, other sites' pages (CORS), and
/// compression. It knows routes by what they declare and nothing of what they do.
///
/// Before the body of a request is read, in this order: a browser's question about CORS is answered, an unknown path or
/// method is refused (404, 405), and who has used up its share is refused (429). What the limits by account refuse comes
/// later, from the router, once it is known who asks.
public struct Edge: HTTPHandler {
    private let router: Router
    private let rates: RateGate?
    private let origins: CORSPolicy?
    private let compression = AnswerCompression()

    /// Stands before `router`. Without `rates` nobody is limited; without `origins` no other site's pages are answered.
    /// `rates` is to be the outermost middleware of `router`, too.
    public init(router: Router, rates: RateGate?, origins: CORSPolicy?) {
        self.router = router
        self.rates = rates
        self.origins = origins
    }

    /// Refuses before the body is read, or tells how much of it is.
    public func admit(_ head: HTTPRequestHead) -> HTTPAdmission {
        switch router.route(of: head) {
        case .failure(let problem):
            let answer = origins?.preflight(head, router) ?? problem.response(requestID: head.requestID)
            return .refuse(finished(answer, of: nil, for: head))
        case .success(let route):
            guard let problem = rates?.refusal(of: head, to: route) else {
                return .accept(bodyBytesMax: route.bodyBytesMax)
            }
            let answer =
                route.door?.page(of: problem, for: HTTPRequest(head: head))
                ?? problem.response(requestID: head.requestID)
            return .refuse(finished(answer, of: route, for: head))
        }
    }

    /// Answers.
    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        let (answer, route) = await router.answer(request)
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
