internal import Database
internal import HTTP
internal import Identity
internal import JSON
internal import Jobs
internal import Kernel

/// Dead letters for operators: what could not be done, and doing it again.
struct AdministrationRoutes: Sendable {
    let database: any Database
    let clock: any WallClock

    var routes: [Route] { [deadLetters, replay] }

    private static let letter = Schema.named(
        "DeadLetter",
        .object([
            .required("id", .uuid), .required("kind", .string()), .required("subject", .nullable(.string())),
            .required("attempts", .integer(0...1000)), .required("error", .nullable(.string(multiline: true))),
            .required("created_at", .time),
        ]))

    private var deadLetters: Route {
        Route(
            "GET", "/api/admin/dead-letters", "Jobs that were given up, newest first", tag: "Administration",
            access: .roles([.operator]),
            answers: [.init(200, "Dead letters.", .object([.required("data", .array(Self.letter))]))]
        ) { _ in
            let letters = try await JobAdministration(database: database, clock: clock).deadLetters()
            return .json([
                "data": .array(
                    letters.map { job in
                        [
                            "id": .string(job.id.rawValue), "kind": .string(job.kind),
                            "subject": JSONValue(job.subject), "attempts": .int(Int64(job.attempt)),
                            "error": JSONValue(job.lastError), "created_at": .string(job.createdAt.rfc3339),
                        ]
                    })
            ])
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
