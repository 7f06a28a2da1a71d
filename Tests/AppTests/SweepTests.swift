import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Jobs
import Kernel
import KernelTesting
import StripeSandbox
import Synchronization
import Testing

/// A sweep out of its turn.
private struct AnotherSweep: JobArguments {
    static let kind = "payments.sweep"
}

/// A Stripe that takes half a minute for each of eight calls, and then cannot be reached, once it has a clock.
private final class Slow: HTTPTransport {
    private let inner: any HTTPTransport
    private let state = Mutex<(clock: ManualClock?, asked: Int)>((nil, 0))

    init(_ inner: any HTTPTransport) { self.inner = inner }

    func begin(_ clock: ManualClock) { state.withLock { $0 = (clock, 0) } }

    func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let (clock, asked) = state.withLock { state in
            state.asked += 1
            return (state.clock, state.asked)
        }
        guard let clock else { return try await inner.send(request) }
        guard asked <= 8 else { throw .notSent(reason: "the test took it away") }
        clock.advance(by: .seconds(31))
        return try await inner.send(request)
    }
}

/// What requests left unfinished is finished, and what cannot be finished keeps nothing else waiting.
@Suite struct SweepTests {
    /// Attempts that fail at every reading: their currency is no currency.
    private func breakAttempts(_ count: Int, by buyer: Person, _ world: World) async throws {
        try await world.alter(
            """
            WITH RECURSIVE made (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM made WHERE number < \(count))
            INSERT INTO orders (id, seller, user_id, total_minor, currency, status, attempt, created_at_ms,
                expires_at_ms)
            SELECT '019aa000-0000-7000-8000-' || CAST(100000000000 + number AS TEXT), 'shop', \(buyer.id), 980, 'jpy',
                'pending', 1, 1, 9999999999999 FROM made
            """)
        try await world.alter(
            """
            INSERT INTO payment_attempts (order_id, attempt, idempotency_key, amount_minor, currency, state,
                submitted_at_ms)
            SELECT id, 1, id || '-1', 980, 'none', 'submitted', number FROM orders WHERE created_at_ms = 1
            """)
    }

    /// An order whose opening has no outcome.
    private func lost(by buyer: Person, _ world: World) async throws -> PlacedOrder {
        let order = try await world.order(by: buyer)
        _ = world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/payment_intents"))
        #expect(await world.intent(order, by: buyer).status == 400)
        return order
    }

    @Test(arguments: TestEngine.all)
    func `sixty that fail for ever do not keep the next one waiting, and are tried less and less often`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            try await breakAttempts(60, by: try await world.buyer("unlucky"), world)
            let order = try await lost(by: buyer, world)
            world.clock.advance(by: .seconds(100))
            try await world.work()
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            // Every one was tried once, and said so.
            let lines = world.logs.lines(of: "sweep_step_unfinished")
            #expect(lines.count == 60)
            #expect(lines.allSatisfy { $0.level == .warning && $0["what"] == "attempt" && $0["tries"] == 1 })
            #expect(Set(lines.map { "\($0["id"] ?? "")" }).count == 60)
            for _ in 0..<59 {
                world.clock.advance(by: .seconds(60))
                try await world.work()
            }
            // Within the hour after 1, 3, 7 and 15 minutes, then every 15; not every minute.
            let later = world.logs.lines(of: "sweep_step_unfinished")
            #expect(later.count == 60 * 7)
            #expect(try await world.count("sweep_tries") == 60)
        }
    }

    @Test(arguments: TestEngine.all)
    func `one run takes at most two thousand steps, and the next goes on with the rest (law 14)`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            let buyer = try await world.buyer()
            try await breakAttempts(2100, by: buyer, world)
            world.clock.advance(by: .seconds(100))
            try await world.work()
            #expect(world.logs.lines(of: "sweep_step_unfinished").count == 2000)
            world.clock.advance(by: .seconds(60))
            try await world.work()
            let asked = world.logs.lines(of: "sweep_step_unfinished").compactMap { $0["id"].map { "\($0)" } }
            #expect(Set(asked).count == 2100)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a run begins no step after four minutes, and what it leaves comes in the next (law 14)`(engine: TestEngine)
        async throws
    {
        let slow = Mutex<Slow?>(nil)
        var options = World.Options()
        options.changingStripe = { stripe in
            let made = Slow(stripe)
            slow.withLock { $0 = made }
            return made
        }
        try await World.run(on: engine, options) { world in
            let stripe = try #require(slow.withLock { $0 })
            try await world.stockShop()
            let buyer = try await world.buyer()
            for _ in 0..<20 { _ = try await lost(by: buyer, world) }
            world.clock.advance(by: .seconds(100))
            stripe.begin(world.clock)
            try await world.work()
            world.clock.advance(by: .seconds(60))
            try await world.work()
            let opened = try await world.count("payment_attempts", where: "state = 'opened'")
            #expect((1...8).contains(opened))
            // Seven at most were begun beside the eighth; the others were claimed by the first run, and left.
            let lines = world.logs.lines(of: "sweep_step_unfinished")
            #expect(Int64(lines.count { $0["tries"] == 1 }) + opened <= 15)
            #expect(Int64(lines.count { $0["tries"] == 2 }) == 20 - opened)
        }
    }

    @Test(arguments: TestEngine.all)
    func `what Stripe cannot answer during an outage is finished soon after it (law 3)`(engine: TestEngine) async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let (bought, _) = try await world.buy(by: buyer)
            let order = try await lost(by: buyer, world)
            _ = world.sandbox.add(StripeSandboxFault(.outage, times: nil))
            #expect(await world.refund(bought, ["amount": 80], by: chief).status == 202)
            world.clock.advance(by: .seconds(100))
            try await world.work()
            #expect(await world.status(order, by: buyer) == "pending")
            #expect(
                Set(world.logs.lines(of: "sweep_step_unfinished").map { "\($0["what"] ?? "")" }).count == 2)
            world.sandbox.clearFaults()
            world.clock.advance(by: .seconds(60))
            try await world.work()
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            #expect(await world.refunds(bought, by: chief).map { $0["status"] } == ["succeeded"])
            #expect(try await world.count("sweep_tries") == 0)
            await world.deliver()
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `two nodes sweep at once: every order is canceled once, nothing is made twice (law 2)`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            var orders: [PlacedOrder] = []
            for _ in 0..<9 { orders.append(try await world.order(by: buyer)) }
            for order in orders.prefix(6) { _ = try await world.openPayment(order, by: buyer) }
            world.clock.advance(by: .seconds(25 * 3600))
            let second = try await world.anotherNode()
            let queue = JobQueue(clock: world.clock, ids: IDGenerator(clock: world.clock, random: SeededRandom(5)))
            try await world.database.write { tx in
                for _ in 0..<4 { _ = try queue.enqueue(AnotherSweep(), in: tx) }
            }
            try await withThrowingTaskGroup(of: Int.self) { group in
                for node in [world, second, world, second] {
                    group.addTask { try await node.work() }
                }
                try await group.waitForAll()
            }
            #expect(try await world.count("orders", where: "status = 'canceled'") == 9)
            #expect(try await world.count("order_history", where: "kind = 'order_canceled'") == 9)
            #expect(try await world.count("sweep_tries") == 0)
            let asked =
                world.logs.lines(of: "sweep_step_unfinished").count
                + second.logs.lines(of: "sweep_step_unfinished").count
            #expect(asked == 0)
            #expect(await world.teaLeft() == 100)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `an attempt of an order that a person must look at is resolved once, and its intent canceled (law 7)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await lost(by: buyer, world)
            _ = try await world.payDirectly(order, amount: 100)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "needs_review")
            for _ in 0..<5 {
                world.clock.advance(by: .seconds(100))
                try await world.work()
            }
            #expect(await world.status(order, by: buyer) == "needs_review")
            #expect(try await world.count("payment_attempts", where: "state = 'closed'") == 1)
            #expect(try await world.count("order_history", where: "kind = 'intent_opened'") == 1)
            #expect(try await world.count("sweep_tries") == 0)
            let intents = try await world.listAtStripe("/v1/payment_intents")
            #expect(Set(intents.compactMap { $0["status"]?.string }) == ["succeeded", "canceled"])
            try await world.expectBooks()
        }
    }
}
