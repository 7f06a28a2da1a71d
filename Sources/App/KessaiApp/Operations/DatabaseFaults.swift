internal import Database
internal import HTTP
internal import Identity
internal import Kernel

/// A database that is away or full is not the caller's fault: 503, and the same request may be sent again.
struct DatabaseFaults: Middleware {
    func respond(to context: RequestContext, next: Route.Handler) async throws -> HTTPResponse {
        do {
            return try await next(context)
        } catch let error as DatabaseError where error.passes {
            context.log.error("database_fault", ["error": .string("\(error)")])
            throw Problem.unavailable(
                "The request was not finished; send it again, with the same Idempotency-Key if it had one.")
        } catch let error as DatabaseError {
            // A fault of ours; it holds the statement's code and no row's data.
            context.log.error("database_fault", ["error": .string("\(error)")])
            throw error
        }
    }
}

/// The same for whoever proves who asks, as that happens before any middleware.
struct DatabaseFaultsAuthenticator: Authenticator {
    let inner: any Authenticator
    let log: Log

    func principal(bearerToken: String) async throws -> Principal? {
        do {
            return try await inner.principal(bearerToken: bearerToken)
        } catch let error as DatabaseError where error.passes {
            log.error("database_fault", ["error": .string("\(error)")])
            throw Problem.unavailable("The request was not begun; send it again.")
        }
    }
}

extension DatabaseError {
    /// Whether it is the database's own trouble, which will pass.
    fileprivate var passes: Bool {
        switch self {
        case .unavailable, .overloaded, .diskFull, .conflict, .closed, .commitUnknown: true
        default: false
        }
    }
}
