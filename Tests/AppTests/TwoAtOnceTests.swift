import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Synchronization
import Testing

/// Law 2: a request and its repeat at once, because the hold on the key ran out on a node whose clock is ahead, or while the
/// first node stood still. Each does one thing, as orders and refunds carry the request's own key.
@Suite struct TwoAtOnceTests {
    /// A second node whose clock is so far ahead that it takes every request of the first for lost, and the first none of
    /// the second's.
    private func node(aheadOf world: World, _ options: World.Options = .init()) async throws -> World {
        let clock = ManualClock(world.clock.now().adding(.seconds(30)))
        return try await World.make(
            database: world.database, clock: clock, options: options, sandbox: world.sandbox, seed: 99)
    }

    /// What both answer when the same request reaches them at once. Whoever is told that it is under way asks again.
    private func both(
        _ world: World, _ other: World, _ request: @escaping @Sendable (World) async -> Reply
    ) async -> [Reply] {
        async let one = request(world)
        async let two = request(other)
        var replies = await [one, two]
        for (index, node) in [world, other].enumerated() where replies[index].status == 409 {
            #expect(replies[index].code == "idempotency_key_in_use")
            #expect(replies[index].headers["Retry-After"] != nil)
            replies[index] = await request(node)
        }
        return replies
    }

    @Test(arguments: TestEngine.all) func `a cart is ordered once`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let other = try await node(aheadOf: world)
            for round in 1...5 {
                let replies = await both(world, other) { node in
                    await node.send(
                        "POST", "/api/orders", token: buyer.token, key: "cart-\(round)",
                        body: ["items": [["product_id": "tea", "quantity": 1]]])
                }
                #expect(replies.map(\.status) == [201, 201])
                #expect(replies[0]["id"] == replies[1]["id"])
                #expect(try await world.count("orders") == Int64(round))
            }
            #expect(await world.teaLeft() == 95)
        }
    }

    @Test(arguments: TestEngine.all) func `a refund is made once`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.buy(3, by: buyer).order
            let other = try await node(aheadOf: world)
            for round in 1...3 {
                let replies = await both(world, other) { node in
                    await node.refund(order, ["amount": 100], by: chief, key: "refund-\(round)")
                }
                #expect(replies.map(\.status) == [201, 201])
                #expect(replies[0]["id"] == replies[1]["id"])
                #expect(await world.refunds(order, by: chief).count == round)
            }
            await world.deliver()
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all) func `a page for a device is opened once`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let other = try await node(aheadOf: world, .passes())
            for round in 1...3 {
                let replies = await both(world, other) { node in
                    await node.checkout("device-000\(round)", "license", key: "page-\(round)")
                }
                #expect(replies.map(\.status) == [201, 201])
                #expect(replies[0]["session_id"] == replies[1]["session_id"])
                #expect(try await world.count("orders") == Int64(round))
            }
        }
    }

    @Test(arguments: TestEngine.all) func `a payment is opened and canceled once`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let other = try await node(aheadOf: world)
            let order = try await world.order(by: buyer)
            let opened = await both(world, other) { node in
                await node.send(
                    "POST", "/api/payments/intent", token: buyer.token, key: "pay",
                    body: ["order_id": .string(order.id)])
            }
            #expect(opened.map(\.status) == [200, 200])
            #expect(opened[0]["payment_intent_id"] == opened[1]["payment_intent_id"])
            #expect(try await world.count("payment_attempts") == 1)
            let canceled = await both(world, other) { node in
                await node.send("POST", "/api/orders/\(order.id)/cancel", token: buyer.token, key: "cancel")
            }
            #expect(canceled.allSatisfy { $0.status == 200 || $0.status == 202 })
            try await world.work()
            #expect(await world.status(order, by: buyer) == "canceled")
        }
    }

    /// The order is placed between the look for it and its writing.
    @Test(arguments: TestEngine.all) func `an order that another node places at the very moment is found`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            func order(at node: World) async -> Reply {
                await node.send(
                    "POST", "/api/orders", token: buyer.token, key: "cart",
                    body: ["items": [["product_id": "tea", "quantity": 1]]])
            }
            let first = await order(at: world)
            #expect(first.status == 201)
            try await world.alter("DELETE FROM idempotency_keys")
            let blind = BlindDatabase(world.database)
            let late = try await World.make(
                database: blind, clock: world.clock, sandbox: world.sandbox, seed: 99)
            let second = await order(at: late)
            #expect(blind.missed == 1)
            #expect(second.status == 201)
            #expect(second["id"] == first["id"])
            #expect(try await world.count("orders") == 1)
            #expect(await world.teaLeft() == 99)
        }
    }
}

/// A database that at first does not find what a request has made.
private final class BlindDatabase: Database {
    private let inner: any Database
    private let misses = Mutex(0)

    init(_ inner: any Database) { self.inner = inner }

    var dialect: SQLDialect { inner.dialect }
    /// How often it did not look.
    var missed: Int { misses.withLock { $0 } }

    func write<R: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> R) async throws -> R {
        try await inner.write { tx in
            let outer = Transaction(dialect: tx.dialect, session: Session(tx, self))
            let result = try body(outer)
            if let failure = outer.failure { throw failure }
            return result
        }
    }

    func read<R: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> R) async throws -> R {
        try await inner.read(body)
    }

    func wait(forNotification channel: String, timeout: Duration) async throws {
        try await inner.wait(forNotification: channel, timeout: timeout)
    }

    func close() async {}

    private final class Session: SQLSession {
        private let tx: Transaction
        private let database: BlindDatabase

        init(_ tx: Transaction, _ database: BlindDatabase) {
            self.tx = tx
            self.database = database
        }

        func run(_ sql: SQL, rowsMax: Int) throws -> SQLResult {
            if sql.text.contains("WHERE request_key =") {
                let isMissed = database.misses.withLock { misses -> Bool in
                    defer { misses = 1 }
                    return misses == 0
                }
                if isMissed { return SQLResult(rows: [], changedRows: 0) }
            }
            let words = sql.text.drop { $0 == " " || $0 == "\n" }
            guard words.hasPrefix("SELECT") || sql.text.contains("RETURNING") else {
                return SQLResult(rows: [], changedRows: try tx.execute(sql))
            }
            let rows = try tx.rows(sql, rowsMax: rowsMax)
            return SQLResult(rows: rows, changedRows: rows.count)
        }

        func notify(_ channel: String) throws { try tx.notify(channel) }
    }
}
