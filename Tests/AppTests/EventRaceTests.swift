import AppTesting
import Database
import DatabaseTesting
import DriverSupport
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Synchronization
import Testing

/// A database that holds one transaction open when its work is done, before its commit.
private final class HoldingDatabase: Database {
    private struct State {
        var isReached = false
        var isOpen = false
        var newestOrder: String?
    }
    private let inner: any Database
    private let plan = Mutex<Int?>(nil)
    private let gate = Monitor(State())

    init(_ inner: any Database) { self.inner = inner }

    var dialect: SQLDialect { inner.dialect }
    var isReached: Bool { gate.withLock { $0.isReached } }
    /// The newest order as the transaction that is held sees it.
    var newestOrder: String? { gate.withLock { $0.newestOrder } }

    /// Holds the write that comes after so many.
    func holdWrite(after count: Int) { plan.withLock { $0 = count } }

    /// Lets what is held commit.
    func open() {
        gate.withLock { $0.isOpen = true }
        gate.broadcast()
    }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        let isMeant = plan.withLock { left -> Bool in
            guard let count = left else { return false }
            left = count == 0 ? nil : count - 1
            return count == 0
        }
        guard isMeant else { return try await inner.write(body) }
        return try await inner.write { [gate] tx in
            let result = try body(tx)
            let newest = try tx.row("SELECT id FROM orders ORDER BY number DESC LIMIT 1")?.text("id")
            gate.withLock {
                $0.newestOrder = newest
                $0.isReached = true
            }
            _ = gate.wait(timeoutMs: 240_000) { $0.isOpen ? true : nil }
            return result
        }
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await inner.read(body)
    }

    func wait(forNotification channel: String, timeout: Duration) async throws {
        try await inner.wait(forNotification: channel, timeout: timeout)
    }

    func close() async {}
}

/// GEN-06, S1-DISP-11: an event while the transaction that it needs is open on another connection.
// A bound for what hangs; waiting for a schema of the shared server counts, too.
@Suite(.timeLimit(.minutes(5))) struct EventRaceTests {
    /// A node whose writes may be held, beside the one that takes the events.
    private func holdingNode(_ world: World) async throws -> (node: World, database: HoldingDatabase) {
        let database = HoldingDatabase(world.database)
        let node = try await World.make(database: database, clock: world.clock, sandbox: world.sandbox, seed: 99)
        return (node, database)
    }

    @Test(arguments: TestEngine.all)
    func `an event before its order's own commit waits for it, or is applied after it (GEN-06, S1-DISP-11)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let (node, database) = try await holdingNode(world)
            _ = try await world.buy(by: buyer)
            // What Stripe will tell of the order to come.
            let told = try #require(try await world.event("payment_intent.succeeded"))
                .changing("id", to: "evt_early").changing("data", "object", "id", to: "pi_early")
            database.holdWrite(after: 0)
            async let ordering = node.order(by: buyer)
            while !database.isReached { await Task.yield() }
            let id = try #require(database.newestOrder)
            let early = told.changing("data", "object", "metadata", "order_id", to: .string(id))
            async let receiving = world.receive(early)
            if engine == .postgresql {
                // The row is not visible to this connection yet.
                let reply = await receiving
                #expect(reply.status == 200)
                #expect(reply["status"] == "waiting")
                #expect(try await world.count("orders") == 1)
                database.open()
            } else {
                // One writer: the event comes after the commit.
                for _ in 0..<100 { await Task.yield() }
                database.open()
                let reply = await receiving
                #expect(reply["status"] == "success")
            }
            let order = try await ordering
            #expect(order.id == id)
            world.clock.advance(by: .seconds(10))
            try await world.work()
            #expect(await world.status(order, by: buyer) == "paid")
            #expect(try await world.count("shop_deliveries") == 2)
            #expect(try await world.count("webhook_events", where: "state = 'waiting'") == 0)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an event while its intent is being attached is applied after that, once (law 2)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            _ = try await world.buy(by: buyer)
            let order = try await world.order(by: buyer)
            let (node, database) = try await holdingNode(world)
            // The attempt is written; the outcome is held.
            database.holdWrite(after: 1)
            async let opening = node.intent(order, by: buyer)
            while !database.isReached { await Task.yield() }
            let made = try await world.listAtStripe("/v1/payment_intents")
            let intent = try #require(
                made.first { $0["metadata"]?["order_id"]?.string == order.id }?["id"]?.string)
            try await world.confirm(intent)
            async let delivering = world.deliver()
            for _ in 0..<100 { await Task.yield() }
            database.open()
            _ = await delivering
            #expect(await opening.status == 200)
            #expect(await world.status(order, by: buyer) == "paid")
            #expect(try await world.count("payment_attempts", where: "state = 'opened'") == 2)
            #expect(try await world.count("shop_deliveries") == 2)
            try await world.expectBooks()
        }
    }
}
