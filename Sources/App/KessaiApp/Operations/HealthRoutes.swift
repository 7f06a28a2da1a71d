internal import Database
internal import HTTP
internal import JSON

/// Whether the process lives, and whether it can serve.
struct HealthRoutes: Sendable {
    private let readiness: Readiness

    init(migrator: Migrator) { readiness = Readiness { _ = try await migrator.requireCurrent() } }

    var routes: [Route] { [alive, ready, users] }

    private static let ok = Schema.object([.required("status", .oneOf(["ok"]))])

    private var alive: Route {
        Route(
            "GET", "/healthz", "Whether the process lives", tag: "Operations", access: .everyone,
            answers: [.init(200, "It does.", Self.ok)], rateClass: .free
        ) { _ in .json(["status": "ok"]) }
    }

    private var users: Route {
        Route(
            "GET", "/api/user/health", "Whether accounts are served", tag: "Operations", access: .everyone,
            answers: [.init(200, "They are.", Self.ok)], rateClass: .free
        ) { _ in .json(["status": "ok"]) }
    }

    private var ready: Route {
        Route(
            "GET", "/readyz", "Whether the database answers and its schema is current", tag: "Operations",
            access: .everyone, answers: [.init(200, "It can serve.", Self.ok)], rateClass: .free
        ) { _ in
            do {
                try await readiness.require()
            } catch DatabaseError.schemaMismatch {
                throw Problem.unavailable("The database's schema is not this program's; run `kessai migrate`.")
            } catch is DatabaseError {
                throw Problem.unavailable("The database does not answer.")
            }
            return .json(["status": "ok"])
        }
    }
}
