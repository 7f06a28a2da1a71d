import AppTesting
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import KessaiApp
import Synchronization
import Testing

/// Failpoints: how they are written, where they are refused, and that each is passed at its moment.
@Suite struct FailpointTests {
    @Test(arguments: [
        ("commit.after", Failpoint(.commitAfter)), ("mail.before=2", Failpoint(.mailBefore, turn: 2)),
        (
            "commit.after:POST /api/orders/{id}/cancel=3",
            Failpoint(.commitAfter, activity: "POST /api/orders/{id}/cancel", turn: 3)
        ),
        ("call.before:job:payments.sweep", Failpoint(.callBefore, activity: "job:payments.sweep")),
        ("answer.before=1000000", Failpoint(.answerBefore, turn: 1_000_000)),
    ])
    func `a failpoint is a point, an activity and a turn, and is written as it is read`(
        text: String, failpoint: Failpoint
    ) throws {
        #expect(try Failpoint(reading: text) == failpoint)
        #expect(failpoint.description == text)
    }

    @Test(arguments: [
        "", "commit", "commit.during", "commit.after=", "commit.after=0", "commit.after=-1", "commit.after=1000001",
        "commit.after=x", "commit.after:", "commit.after:=2", ":POST /api/orders", "COMMIT.AFTER",
    ])
    func `what is none is refused`(text: String) {
        #expect(throws: Failpoint.Fault.self) { try Failpoint(reading: text) }
        #expect(throws: Failpoint.Fault.self) { try Failpoint.list(reading: "mail.after,\(text)") }
    }

    @Test func `several are separated by commas, and bounded`() throws {
        let two = try Failpoint.list(reading: "mail.after, commit.before=2 ")
        #expect(two == [.init(.mailAfter), .init(.commitBefore, turn: 2)])
        let many = Array(repeating: "mail.after", count: Failpoint.countMax + 1)
        #expect(throws: Failpoint.Fault.self) { try Failpoint.list(reading: many.joined(separator: ",")) }
        let most = try Failpoint.list(reading: many.dropLast().joined(separator: ","))
        #expect(most.count == Failpoint.countMax)
    }

    private static let points =
        "a point is one of: commit.before, commit.after, call.before, call.after, mail.before, mail.after, answer.before"

    @Test(arguments: [
        (
            "commit.during:POST /api/orders",
            "\"commit.during\" in \"commit.during:POST /api/orders\" is no point; \(points)"
        ),
        ("mail.after,=2", "\"\" in \"=2\" is no point; \(points)"),
        ("mail.after=two", "\"two\" in \"mail.after=two\" is no turn; after = stands a number from 1 to 1000000"),
        ("mail.after=0", "\"0\" in \"mail.after=0\" is no turn; after = stands a number from 1 to 1000000"),
        ("mail.after:=2", "\"mail.after:=2\" has no activity after its colon; \(activities)"),
        ("mail.after,,mail.before", "failpoint 2 of 3 is empty; commas stand only between them"),
        ("mail\u{1B}[2J", "\"mail?[2J\" in \"mail?[2J\" is no point; \(points)"),
    ])
    func `what is wrong is quoted, and what may stand there is listed`(text: String, words: String) {
        let errors = examine(Self.test.merging(["KESSAI_FAILPOINTS": text]) { $1 }).findings.filter {
            $0.gravity == .error
        }
        #expect(
            errors.map(\.detail) == ["must be POINT[:ACTIVITY][=N], several separated by commas: \(words)"])
    }

    private static let activities =
        "an activity is a method and the path of a route (POST /api/orders), job: and a kind (job:payments.sweep), or "
        + "process; for a call a method and the vendor's path (POST /v1/refunds)"

    @Test func `a long fault is cut, and too many are counted`() {
        let long = #expect(throws: Failpoint.Fault.self) { try Failpoint(reading: String(repeating: "x", count: 1000)) }
        #expect(long.map { $0.description.utf8.count < 400 && $0.description.contains("xx…\" is no point") } == true)
        let many = Array(repeating: "mail.after", count: Failpoint.countMax + 1).joined(separator: ",")
        let fault = #expect(throws: Failpoint.Fault.self) { try Failpoint.list(reading: many) }
        #expect(fault?.description == "there are 101 failpoints; there may be 100")
    }

    private static let test = ["STRIPE_SECRET_KEY": "sk_test_a", "STRIPE_WEBHOOK_SECRET": "whsec_a"]
    private static let live = [
        "STRIPE_SECRET_KEY": "sk_live_a", "STRIPE_WEBHOOK_SECRET": "whsec_a", "PUBLIC_URL": "https://pay.example.jp",
    ]

    private func examine(
        _ environment: [String: String], file: JSONValue = .null
    ) -> (settings: Settings, findings: [SettingsFinding]) {
        var reader = SettingsReader(file: file, environment: environment)
        return reader.examine()
    }

    @Test(arguments: [("KESSAI_FAILPOINTS", "mail.after"), ("KESSAI_CLOCK_AHEAD_SECONDS", "100")])
    func `live mode refuses a drill, and test mode warns of it`(name: String, value: String) {
        let live = examine(Self.live.merging([name: value]) { $1 }).findings
        #expect(live.map(\.name) == [name])
        #expect(live.map(\.gravity) == [.error])
        #expect(live.first?.detail == "is for drills, and refused in live mode")
        let test = examine(Self.test.merging([name: value]) { $1 })
        #expect(test.findings.map(\.name) == [name])
        #expect(test.findings.map(\.gravity) == [.warning])
        #expect(test.settings.drill != nil)
        #expect(examine(Self.test.merging([name: ""]) { $1 }).settings.drill == nil)
    }

    @Test func `without its settings there is no drill, and the file cannot order one`() {
        #expect(examine(Self.test).settings.drill == nil)
        let file = examine(Self.test, file: ["KESSAI_FAILPOINTS": "mail.after"])
        #expect(file.settings.drill == nil)
        #expect(file.findings.map(\.detail) == ["is not a setting"])
    }

    @Test(arguments: [
        ("KESSAI_FAILPOINTS", "mail"), ("KESSAI_FAILPOINTS", ","), ("KESSAI_CLOCK_AHEAD_SECONDS", "-1"),
        ("KESSAI_CLOCK_AHEAD_SECONDS", "86401"), ("KESSAI_CLOCK_AHEAD_SECONDS", "soon"),
    ])
    func `what a drill cannot be is refused in test mode too`(name: String, value: String) {
        let errors = examine(Self.test.merging([name: value]) { $1 }).findings.filter { $0.gravity == .error }
        #expect(errors.map(\.name) == [name])
    }

    @Test func `a clock that is ahead is ahead, and its seconds are seconds`() async throws {
        let clock = ManualClock()
        let ahead = AheadClock(clock, by: .seconds(100))
        #expect(ahead.now().since(clock.now()) == .seconds(100))
        async let slept: Void = ahead.sleep(for: .seconds(5))
        let deadline = ContinuousClock.now + .seconds(20)
        while clock.sleeperCount == 0, ContinuousClock.now < deadline { await Task.yield() }
        try #require(clock.sleeperCount == 1)
        clock.advance(by: .seconds(5))
        try await slept
    }
}

/// The moments at which points are passed, through the whole application; the kill is a note.
@Suite struct FailpointMomentTests {
    /// Where the application would have died.
    private final class Deaths: Sendable {
        private let kept = Mutex<[String]>([])
        var names: [String] { kept.withLock { $0 } }
        func add(_ name: String) { kept.withLock { $0.append(name) } }
    }

    /// A purchase through the handler that a server would have, with one failpoint.
    private func deaths(at text: String, on engine: TestEngine) async throws -> [String] {
        let deaths = Deaths()
        var options = World.Options()
        options.failpoints = Failpoints([try Failpoint(reading: text)]) { deaths.add($0) }
        try await World.run(on: engine, options) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let body: JSONValue = ["items": [["product_id": "tea", "quantity": 1]]]
            let placed = await world.app.handler.respond(
                to: HTTPRequest(
                    "POST", "/api/orders",
                    headers: ["Authorization": "Bearer \(buyer.token)", "Content-Type": "application/json"],
                    body: body.bytes()))
            let order = try JSONValue(parsing: placed.body)["id"]?.string ?? ""
            let opened = await world.app.handler.respond(
                to: HTTPRequest(
                    "POST", "/api/payments/intent",
                    headers: ["Authorization": "Bearer \(buyer.token)", "Content-Type": "application/json"],
                    body: JSONValue.object(["order_id": .string(order)]).bytes()))
            try await world.confirm(try #require(JSONValue(parsing: opened.body)["payment_intent_id"]?.string))
            await world.deliver()
            try await world.work()
            _ = await world.app.handler.respond(to: HTTPRequest("GET", "/api/orders/\(order)"))
            _ = await world.app.handler.respond(to: HTTPRequest("GET", "/nowhere"))
            try await world.expectBooks()
        }
        return deaths.names
    }

    @Test(arguments: [
        ("commit.before:POST /api/orders", ["commit.before POST /api/orders"]),
        ("commit.after:POST /api/orders", ["commit.after POST /api/orders"]),
        ("answer.before:POST /api/orders", ["answer.before POST /api/orders"]),
        ("answer.before:GET /api/orders/{id}", ["answer.before GET /api/orders/{id}"]),
        ("answer.before:GET ?", ["answer.before GET ?"]),
        ("call.before:POST /v1/payment_intents", ["call.before POST /v1/payment_intents"]),
        ("call.after:POST /v1/customers", ["call.after POST /v1/customers"]),
        ("mail.before", ["mail.before job:outbox.deliver"]), ("mail.after", ["mail.after job:outbox.deliver"]),
        ("commit.before:job:outbox.deliver", ["commit.before job:outbox.deliver"]),
        ("commit.after:job:payments.sweep", ["commit.after job:payments.sweep"]),
        ("commit.after:process", ["commit.after process"]),
        ("mail.after=2", []), ("commit.after:POST /api/orders=99", []), ("mail.before:POST /api/orders", []),
    ])
    func `a point is passed at its moment, once at its turn, and named by what was done`(
        text: String, names: [String]
    ) async throws {
        let found = try await deaths(at: text, on: .sqlite)
        #expect(found == names)
    }

    @Test(arguments: [
        "commit.after:POST /api/order", "commit.after:PUT /api/orders", "commit.after:POST /api/orders/1/cancel",
        "commit.before:job:payments.swep", "commit.before:payments.sweep", "mail.after:proces", "answer.before:process",
        "answer.before:job:outbox.deliver", "answer.before:get ?", "answer.before:GET  ?",
        "call.before:job:payments.sweep",
        "call.before:POST /api/orders", "call.after:POST /v1/", "call.after:POST v1/refunds",
        "call.after:POST /v1/payment_intents/pi_1/cancel", "call.after:PATCH /v1/refunds",
    ])
    func `what is never done is refused when the application is put together, by its name`(text: String) async throws {
        let error = await #expect(throws: SettingsError.self) {
            _ = try await deaths(at: text, on: .sqlite)
        }
        let finding = try #require(error?.findings.first)
        #expect(finding.name == "KESSAI_FAILPOINTS")
        #expect(finding.gravity == .error)
        #expect(finding.detail.contains(text))
        #expect(finding.detail.contains("Kinds of jobs are: ") && finding.detail.contains("payments.sweep"))
    }

    @Test(arguments: [
        "answer.before:HEAD /healthz", "answer.before:OPTIONS ?", "call.before:DELETE /v1/webhook_endpoints/{id}",
        "mail.before:process", "commit.before:job:payments.create_customer",
    ])
    func `what may be done and is not in a purchase is taken`(text: String) async throws {
        #expect(try await deaths(at: text, on: .sqlite) == [])
    }

    @Test func `on PostgreSQL a commit is passed too`() async throws {
        let engines = TestEngine.all.filter { $0 != .sqlite }
        for engine in engines {
            let found = try await deaths(at: "commit.before:POST /api/payments/intent=2", on: engine)
            #expect(found == ["commit.before POST /api/payments/intent"])
        }
    }
}
