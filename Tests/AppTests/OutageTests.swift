import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

/// A database that goes in the midst of a request: the answer is a 503, and the same request under the same key succeeds
/// and doubles nothing, on the same node or another.
@Suite struct OutageTests {
    private static let cart: JSONValue = ["items": [["product_id": "tea", "quantity": 1]]]

    /// The request, until it is answered by something else than "come again"; what was answered before.
    private func untilServed(_ request: () async -> Reply) async -> (reply: Reply, before: [Reply]) {
        var before: [Reply] = []
        while before.count < 5 {
            let reply = await request()
            guard reply.status == 503 || reply.code == "idempotency_key_in_use" else { return (reply, before) }
            before.append(reply)
        }
        return (await request(), before)
    }

    @Test(arguments: TestEngine.all, 0..<4)
    func `an order whose commit is unknown is made once`(engine: TestEngine, writes: Int) async throws {
        try await World.run(on: engine) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(database: faulty, clock: world.clock, sandbox: world.sandbox)
            try await node.stockShop()
            let buyer = try await node.buyer()
            faulty.loseNextCommit(afterWrites: writes)
            let (reply, before) = await untilServed {
                await node.send("POST", "/api/orders", token: buyer.token, key: "outage", body: Self.cart)
            }
            #expect(reply.status == 201)
            for away in before where away.status == 503 {
                #expect(away.code == "unavailable" && away.headers["Retry-After"] != nil)
            }
            faulty.comeBack()
            // What was answered is what there is; also on another node.
            let other = try await node.anotherNode()
            let again = await other.send("POST", "/api/orders", token: buyer.token, key: "outage", body: Self.cart)
            #expect(again.status == 201 && again["id"] == reply["id"])
            let orders = await node.send("GET", "/api/orders", token: buyer.token)["data"]?.array
            #expect(orders?.count == 1)
        }
    }

    @Test(arguments: TestEngine.all, 0..<6)
    func `an intent whose commit is unknown is opened once`(engine: TestEngine, writes: Int) async throws {
        try await World.run(on: engine) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(database: faulty, clock: world.clock, sandbox: world.sandbox)
            try await node.stockShop()
            let buyer = try await node.buyer()
            let order = try await node.order(by: buyer)
            faulty.loseNextCommit(afterWrites: writes)
            let (reply, _) = await untilServed {
                await node.send(
                    "POST", "/api/payments/intent", token: buyer.token, key: "outage",
                    body: ["order_id": .string(order.id)])
            }
            #expect(reply.status == 200)
            let intents = try await node.listAtStripe("/v1/payment_intents")
            #expect(intents.count == 1)
            #expect(intents.first?["id"] == reply["payment_intent_id"])
        }
    }

    @Test(arguments: TestEngine.all, 0..<6)
    func `a refund whose commit is unknown is made once`(engine: TestEngine, writes: Int) async throws {
        try await World.run(on: engine) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(database: faulty, clock: world.clock, sandbox: world.sandbox)
            try await node.stockShop()
            let buyer = try await node.buyer()
            let chief = try await node.operator()
            let (order, intent) = try await node.buy(by: buyer)
            faulty.loseNextCommit(afterWrites: writes)
            let (reply, _) = await untilServed { await node.refund(order, ["amount": 300], by: chief, key: "outage") }
            #expect([201, 202].contains(reply.status))
            #expect(try await node.listAtStripe("/v1/refunds", "&payment_intent=\(intent)").count == 1)
            #expect(await node.refunds(order, by: chief).count == 1)
            try await node.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, 0..<6)
    func `a cancellation whose commit is unknown is done`(engine: TestEngine, writes: Int) async throws {
        try await World.run(on: engine) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(database: faulty, clock: world.clock, sandbox: world.sandbox)
            try await node.stockShop()
            let buyer = try await node.buyer()
            let order = try await node.order(by: buyer)
            _ = try await node.openPayment(order, by: buyer)
            faulty.loseNextCommit(afterWrites: writes)
            let (reply, _) = await untilServed {
                await node.send("POST", "/api/orders/\(order.id)/cancel", token: buyer.token, key: "outage")
            }
            #expect(reply.status == 200)
            #expect(await node.read(order, by: buyer)["status"] == "canceled")
            #expect(await node.teaLeft() == 100)
            try await node.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, 0..<6)
    func `a payment page whose commit is unknown is opened once`(engine: TestEngine, writes: Int) async throws {
        try await World.run(on: engine, .passes()) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(
                database: faulty, clock: world.clock, options: .passes(), sandbox: world.sandbox)
            faulty.loseNextCommit(afterWrites: writes)
            let (reply, _) = await untilServed { await node.checkout("device-1", "daypass", key: "outage") }
            #expect(reply.status == 201)
            #expect(try await node.listAtStripe("/v1/checkout/sessions").map { $0["id"] } == [reply["session_id"]])
        }
    }
}
