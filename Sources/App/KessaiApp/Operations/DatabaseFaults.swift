internal import Database
internal import HTTP
internal import Kernel

/// A database that is away or full is not the caller's fault: 503, and the same request may be sent again.
struct DatabaseFaults: Middleware {
    func respond(to context: RequestContext, next: Route.Handler) async throws -> HTTPResponse {
        do {
            return try await next(context)
        } catch let error as DatabaseError {
            switch error {
            case .unavailable, .overloaded, .diskFull, .conflict, .closed, .commitUnknown:
                context.log.error("database_fault", ["error": .string("\(error)")])
                throw Problem.unavailable(
                    "The request was not finished; send it again, with the same Idempotency-Key if it had one.")
            default: throw error
            }
        }
    }
}
