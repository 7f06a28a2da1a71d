internal import HTTP
internal import Kernel

/// One line for every request that reached a route: what, how it ended, and how long it took. Never a body, a query or
/// a token.
struct RequestLog: Middleware {
    let clock: any WallClock

    func respond(to context: RequestContext, next: Route.Handler) async throws -> HTTPResponse {
        let began = clock.now()
        let response = try await next(context)
        context.log.info(
            "request",
            [
                "method": .string(context.request.head.method), "route": .string(context.route.path),
                "status": .int(Int64(response.status)),
                "duration_ms": .int(clock.now().since(began).milliseconds),
            ])
        return response
    }
}
