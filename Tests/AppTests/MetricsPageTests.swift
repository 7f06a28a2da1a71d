import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import KessaiApp
import Testing

/// S2-OPS-01, for what there is. `/metrics`: for whoever brings the token, also while the database is away.
@Suite struct MetricsPageTests {
    private static let token = "a-token-of-some-length"

    private static var options: World.Options {
        var options = World.Options()
        options.environment["METRICS_TOKEN"] = token
        return options
    }

    private func ask(_ world: World, _ fields: [String]) async -> Reply {
        var request = HTTPRequest("GET", "/metrics")
        for field in fields { request.head.headers.add("Authorization", field) }
        return await world.send(request)
    }

    /// The samples of the page, by name and labels.
    private func samples(_ world: World) async throws -> [String: Double] {
        let reply = await ask(world, ["Bearer \(Self.token)"])
        try #require(reply.status == 200)
        let lines = String(decoding: reply.body, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
        return Dictionary(
            lines.compactMap { line in
                guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                    Issue.record("no sample: \(line)")
                    return nil
                }
                return (String(line[..<space]), value)
            },
            uniquingKeysWith: { first, _ in
                Issue.record("a sample stands there twice")
                return first
            })
    }

    @Test func `without a setting there is nothing to read`() async throws {
        try await World.run(on: .sqlite) { world in
            let reply = await ask(world, ["Bearer \(Self.token)"])
            #expect(reply.status == 404 && reply.code == "metrics_not_set_up")
        }
    }

    @Test(arguments: [
        [], ["Bearer"], ["Bearer "], ["Bearer a-token-of-some-lengtH"], ["Bearer  a-token-of-some-length"],
        ["Basic a-token-of-some-length"], ["a-token-of-some-length"],
        ["Bearer a-token-of-some-length", "Bearer a-token-of-some-length"],
    ]) func `another token reads nothing`(fields: [String]) async throws {
        try await World.run(on: .sqlite, Self.options) { world in
            let reply = await ask(world, fields)
            #expect(reply.status == 401 && reply.code == "token_not_valid")
            #expect(reply.headers["WWW-Authenticate"] == "Bearer")
            #expect(!String(decoding: reply.body, as: UTF8.self).contains("kessai_"))
        }
    }

    @Test func `it is read as Prometheus asks for it, and kept nowhere`() async throws {
        try await World.run(on: .sqlite, Self.options) { world in
            for scheme in ["Bearer", "bearer", "BEARER"] {
                let reply = await ask(world, ["\(scheme) \(Self.token)"])
                #expect(reply.status == 200)
                #expect(reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
                #expect(reply.headers["Cache-Control"] == "no-store")
            }
        }
    }

    @Test(arguments: TestEngine.all)
    func `requests, the database's lines, jobs and the inbox are counted`(engine: TestEngine) async throws {
        try await World.run(on: engine, Self.options) { world in
            let before = try await samples(world)
            #expect(before["kessai_http_requests_under_way"] == 1)
            #expect(before["kessai_database_up"] == 1)
            #expect(before["kessai_inbox_events{state=\"dead\"}"] == 0)
            for _ in 0..<3 { _ = await world.send("GET", "/api/products") }
            _ = await world.send("GET", "/nowhere")
            try await world.stockShop()
            let buyer = try await world.buyer()
            _ = try await world.buy(by: buyer)
            world.clock.advance(by: .seconds(5))
            let after = try await samples(world)
            let labels = "{method=\"GET\",route=\"/api/products\",status=\"200\"}"
            #expect(after["kessai_http_request_duration_seconds_count\(labels)"] == 3)
            #expect(after["kessai_http_refusals_total{code=\"not_found\"}"] == 1)
            #expect(after["kessai_http_overloaded_total"] == 0)
            // The mail of the receipt.
            let jobs = after.filter { $0.key.hasPrefix("kessai_jobs{") && $0.key.contains("available") }
            #expect(jobs.values.contains { $0 >= 1 }, "\(after)")
            #expect(after.contains { $0.key.hasPrefix("kessai_jobs_lag_seconds{") && $0.value >= 5 })
            #expect((after["kessai_database_connections_max{line=\"all\"}"] ?? 0) >= 1)
            #expect(after["kessai_database_waiting{line=\"all\"}"] == 0)
            #expect((after["process_resident_memory_bytes"] ?? 0) > 1_048_576)
            #expect((after["process_open_fds"] ?? 0) > 0 && (after["process_cpu_seconds_total"] ?? 0) > 0)
        }
    }

    @Test func `what the process knows is told while the database is away`() async throws {
        try await World.run(on: .sqlite, Self.options) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(
                database: faulty, clock: world.clock, options: Self.options, sandbox: world.sandbox)
            faulty.goAway()
            let away = try await samples(node)
            #expect(away["kessai_database_up"] == 0 && away["kessai_http_requests_under_way"] == 1)
            #expect(!away.keys.contains { $0.hasPrefix("kessai_jobs") || $0.hasPrefix("kessai_inbox") })
            faulty.comeBack()
            #expect(try await samples(node)["kessai_database_up"] == 1)
        }
    }

    @Test(arguments: [
        ("short-of-sixteen", true), ("fifteen-letters", false), ("with a blank in it all", false),
        ("トークントークントークントークン", false),
    ]) func `a token has sixteen visible characters`(token: String, isTaken: Bool) {
        var reader = SettingsReader(file: .null, environment: ["METRICS_TOKEN": token])
        let (settings, findings) = reader.examine()
        #expect(findings.contains { $0.name == "METRICS_TOKEN" && $0.gravity == .error } == !isTaken)
        if isTaken { #expect(settings.edge.metricsToken?.reveal() == token) }
    }
}
