internal import Database
internal import HTTP
internal import HTTPModels
internal import Identity
internal import JSON
internal import Jobs
internal import Kernel
internal import KessaiAPI

/// Dead letters for operators: what could not be done, and doing it again.
struct AdministrationRoutes: Sendable {
    let database: any Database
    let clock: any WallClock

    var routes: [Route] { [deadLetters, replay] }

    private var deadLetters: Route {
        Route(
            "GET", "/api/admin/dead-letters", "Jobs that were given up, newest first", tag: "Administration",
            access: .roles([.operator]),
            queries: [
                .init("limit", .integer(1...100)), .init("cursor", .uuid), .init("kind", .string(length: 1...100)),
            ], answers: [.init(200, "A page of dead letters.", APIList<DeadLetterResponse>.self)]
        ) { context in
            let limit = context.query("limit").flatMap { Int($0) } ?? 20
            let found = try await JobAdministration(database: database, clock: clock).deadLetters(
                kind: context.query("kind"), before: context.query("cursor").flatMap { ID(untrusted: $0) },
                limit: limit + 1)
            let shown = found.prefix(limit)
            return try .json(
                APIList(
                    shown.map { DeadLetterResponse($0) },
                    nextCursor: found.count > limit ? shown.last?.id.rawValue : nil))
        }
    }

    private var replay: Route {
        Route(
            "POST", "/api/admin/dead-letters/{id}/replay", "Do a dead letter again", tag: "Administration",
            access: .roles([.operator]),
            answers: [.init(200, "It is queued.", .object([.required("status", .oneOf(["queued"]))]))]
        ) { context in
            guard let id = ID<Job>(untrusted: context.parameter("id")) else { throw Problem.notFound("dead letter") }
            do {
                try await JobAdministration(database: database, clock: clock).replay(id)
            } catch is JobsError {
                throw Problem.notFound("dead letter")
            }
            return .json(["status": "queued"])
        }
    }
}

extension DeadLetterResponse {
    init(_ job: Job) {
        self.init(
            id: job.id.rawValue, kind: job.kind, subject: job.subject, attempts: Int64(job.attempt),
            error: job.lastError, createdAt: TimeDTO(job.createdAt))
    }
}
