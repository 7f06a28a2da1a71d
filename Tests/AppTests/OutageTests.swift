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

    /// A commit that is lost: after so many writes of the request, and whether it happened.
    struct Loss: Sendable, CustomTestStringConvertible {
        let writes: Int
        let isUndone: Bool
        var testDescription: String { "after \(writes) writes, \(isUndone ? "undone" : "done")" }

        /// Each of the commits of a request that makes so many.
        static func each(of count: Int) -> [Loss] {
            (0..<count).flatMap { [Loss(writes: $0, isUndone: false), Loss(writes: $0, isUndone: true)] }
        }
    }

    /// Loses a commit of the request, and sends it until it is answered by something else than "come again": each such
    /// answer says so with a code and a time.
    private func untilServed(
        _ faulty: FaultyDatabase, _ loss: Loss, _ request: () async -> Reply
    ) async throws -> Reply {
        faulty.loseNextCommit(afterWrites: loss.writes, isUndone: loss.isUndone)
        for _ in 0..<5 {
            let reply = await request()
            let isAway = reply.status == 503 && reply.code == "unavailable"
            guard isAway || reply.code == "idempotency_key_in_use" else {
                // A request that makes fewer commits would prove nothing.
                try #require(faulty.lostCount == 1)
                return reply
            }
            #expect(isAway || reply.status == 409)
            #expect(reply.headers["Retry-After"] != nil)
        }
        throw NotServed()
    }

    private struct NotServed: Error {}

    @Test(arguments: TestEngine.all, Loss.each(of: 3))
    func `an order whose commit is unknown is made once`(engine: TestEngine, loss: Loss) async throws {
        try await World.run(on: engine) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(database: faulty, clock: world.clock, sandbox: world.sandbox)
            try await node.stockShop()
            let buyer = try await node.buyer()
            let reply = try await untilServed(faulty, loss) {
                await node.send("POST", "/api/orders", token: buyer.token, key: "outage", body: Self.cart)
            }
            #expect(reply.status == 201)
            faulty.comeBack()
            // What was answered is what there is; also on another node. Where the answer could not be kept, the key is
            // held until its lease is over.
            world.clock.advance(by: .seconds(61))
            let other = try await node.anotherNode()
            let again = await other.send("POST", "/api/orders", token: buyer.token, key: "outage", body: Self.cart)
            #expect(again.status == 201 && again["id"] == reply["id"])
            let orders = await node.send("GET", "/api/orders", token: buyer.token)["data"]?.array
            #expect(orders?.count == 1)
        }
    }

    @Test(arguments: TestEngine.all, Loss.each(of: 4))
    func `an intent whose commit is unknown is opened once`(engine: TestEngine, loss: Loss) async throws {
        try await World.run(on: engine) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(database: faulty, clock: world.clock, sandbox: world.sandbox)
            try await node.stockShop()
            let buyer = try await node.buyer()
            let order = try await node.order(by: buyer)
            let reply = try await untilServed(faulty, loss) {
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

    @Test(arguments: TestEngine.all, Loss.each(of: 4))
    func `a refund whose commit is unknown is made once`(engine: TestEngine, loss: Loss) async throws {
        try await World.run(on: engine) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(database: faulty, clock: world.clock, sandbox: world.sandbox)
            try await node.stockShop()
            let buyer = try await node.buyer()
            let chief = try await node.operator()
            let (order, intent) = try await node.buy(by: buyer)
            let reply = try await untilServed(faulty, loss) {
                await node.refund(order, ["amount": 300], by: chief, key: "outage")
            }
            #expect([201, 202].contains(reply.status))
            #expect(try await node.listAtStripe("/v1/refunds", "&payment_intent=\(intent)").count == 1)
            #expect(await node.refunds(order, by: chief).count == 1)
            try await node.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, Loss.each(of: 4))
    func `a cancellation whose commit is unknown is done`(engine: TestEngine, loss: Loss) async throws {
        try await World.run(on: engine) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(database: faulty, clock: world.clock, sandbox: world.sandbox)
            try await node.stockShop()
            let buyer = try await node.buyer()
            let order = try await node.order(by: buyer)
            _ = try await node.openPayment(order, by: buyer)
            let reply = try await untilServed(faulty, loss) {
                await node.send("POST", "/api/orders/\(order.id)/cancel", token: buyer.token, key: "outage")
            }
            #expect(reply.status == 200)
            #expect(await node.read(order, by: buyer)["status"] == "canceled")
            #expect(await node.teaLeft() == 100)
            try await node.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, Loss.each(of: 4))
    func `a payment page whose commit is unknown is opened once`(engine: TestEngine, loss: Loss) async throws {
        try await World.run(on: engine, .passes()) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(
                database: faulty, clock: world.clock, options: .passes(), sandbox: world.sandbox)
            let reply = try await untilServed(faulty, loss) {
                await node.checkout("device-1", "daypass", key: "outage")
            }
            #expect(reply.status == 201)
            #expect(try await node.listAtStripe("/v1/checkout/sessions").map { $0["id"] } == [reply["session_id"]])
        }
    }
}
