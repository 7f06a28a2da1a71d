internal import Crypto
internal import Database
internal import Edge
internal import HTTP
internal import Kernel
internal import Metrics

/// `/metrics`: what a monitor watches, as Prometheus reads it (S2-OPS-01). It is no part of the API: it is neither in the OpenAPI
/// document nor for other sites' pages.
struct MetricsRoutes: Sendable {
    let token: Secret?
    let database: any Database
    let clock: any WallClock
    let requests: RequestMetrics
    let load: LoadGate

    var routes: [Route] { [page] }

    private var page: Route {
        Route(
            "GET", "/metrics", "Measurements for Prometheus, for whoever brings METRICS_TOKEN as a bearer token",
            tag: "Operations", access: .everyone,
            answers: [
                .init(200, "They are current.", mediaType: Exposition.mediaType),
                .init(401, "The token is missing or another."), .init(404, "No METRICS_TOKEN is set."),
            ], listed: false, rateClass: .free
        ) { context in
            try requireToken(context.request.head)
            return try await .init(
                status: 200, headers: ["Content-Type": Exposition.mediaType], body: Array(measure().utf8))
        }
    }

    private func requireToken(_ head: HTTPRequestHead) throws {
        guard let token else {
            throw Problem(
                status: 404, code: "metrics_not_set_up", detail: "Set METRICS_TOKEN to read measurements here.")
        }
        let fields = head.headers.values("Authorization")
        let wanted = Array("bearer \(token.reveal())".utf8)
        // The scheme's name may be in any case; the token may not.
        let sent = fields.first.map { Array($0.prefix(7).lowercased().utf8) + Array($0.dropFirst(7).utf8) }
        guard fields.count == 1, Digest.constantTimeEqual(sent ?? [], wanted) else {
            throw Problem(
                status: 401, code: "token_not_valid", detail: "Send METRICS_TOKEN as a bearer token.",
                headers: ["WWW-Authenticate": "Bearer"])
        }
    }

    /// What the process knows goes out also while the database is away: then it is wanted most.
    private func measure() async throws -> String {
        var page = Exposition()
        requests.write(to: &page)
        page.begin(
            "kessai_http_overloaded_total", .counter, "Requests refused with 503 because there was too much to do.")
        page.sample("kessai_http_overloaded_total", load.refusedCount)
        writeLines(to: &page)
        ProcessMetrics.write(to: &page)
        let now = clock.now()
        let counts: Backlog?
        do {
            counts = try await database.read { tx in try Backlog(in: tx, at: now) }
        } catch is DatabaseError {
            counts = nil
        }
        page.begin("kessai_database_up", .gauge, "Whether the database answered this request.")
        page.sample("kessai_database_up", counts == nil ? 0 : 1)
        counts?.write(to: &page)
        return page.text
    }

    private func writeLines(to page: inout Exposition) {
        let lines = database.lines
        page.begin("kessai_database_connections_busy", .gauge, "Connections to the database at work.")
        for line in lines { page.sample("kessai_database_connections_busy", ["line": line.name], Int64(line.working)) }
        page.begin("kessai_database_connections_max", .gauge, "The most connections that there may be.")
        for line in lines {
            page.sample("kessai_database_connections_max", ["line": line.name], Int64(line.connectionsMax))
        }
        page.begin("kessai_database_waiting", .gauge, "Transactions that wait for a connection.")
        for line in lines { page.sample("kessai_database_waiting", ["line": line.name], Int64(line.waiting)) }
    }
}
