import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import Testing

/// Law 10: the schema is the last guard of money, and only of money: payloads of events go when their time is over.
@Suite struct GuardTests {
    @Test(arguments: TestEngine.all)
    func `a refund's money is never edited, and no refund is deleted`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let (order, _) = try await world.buy(by: buyer)
            #expect(await world.refund(order, ["amount": 80], by: chief).status == 201)
            let edits: [SQL] = [
                "UPDATE refunds SET amount_minor = 1", "UPDATE refunds SET currency = 'usd'",
                "UPDATE refunds SET order_id = 'another'", "UPDATE refunds SET payment_id = 'another'",
                "UPDATE refunds SET idempotency_key = NULL", "UPDATE refunds SET stripe_refund_id = 're_other'",
                "DELETE FROM refunds",
            ]
            for edit in edits {
                await #expect(throws: DatabaseError.self) { try await world.alter(edit) }
            }
            if engine == .postgresql {
                await #expect(throws: DatabaseError.self) { try await world.alter("TRUNCATE refunds") }
            }
            #expect(try await world.count("refunds", where: "amount_minor = 80 AND currency = 'jpy'") == 1)
            // Its state may go on.
            try await world.alter("UPDATE refunds SET state = 'succeeded', updated_at_ms = 1")
        }
    }

    @Test(arguments: TestEngine.all)
    func `payloads of applied events are blanked after ninety days, and the event is still taken once`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let (order, _) = try await world.buy(by: buyer)
            let paid = try #require(try await world.event("payment_intent.succeeded"))
            let waits = paid.changing("id", to: "evt_waits")
                .changing("data", "object", "id", to: "pi_waits")
                .changing("data", "object", "metadata", "order_id", to: "019aa000-0000-7000-8000-000000000007")
            #expect(await world.receive(waits)["status"] == "waiting")
            world.clock.advance(by: .seconds(89 * 86_400))
            try await world.work()
            #expect(try await world.count("webhook_events", where: "blanked_at_ms IS NOT NULL") == 0)
            world.clock.advance(by: .seconds(2 * 86_400))
            try await world.work()
            let (kept, blanked, secrets) = try await world.database.read { tx in
                let rows = try tx.rows("SELECT state, payload FROM webhook_events")
                let payloads = try rows.map { (state: try $0.text("state"), payload: try $0.blob("payload")) }
                return (
                    payloads.filter { !$0.payload.isEmpty }.map(\.state), payloads.count { $0.payload.isEmpty },
                    payloads.count { $0.state == "applied" && !$0.payload.isEmpty }
                )
            }
            #expect(Set(kept).isSubset(of: ["waiting", "dead"]))
            #expect(kept.count == 1)
            #expect(blanked > 0)
            #expect(secrets == 0)
            let again = await world.receive(paid)
            #expect(again["actions"]?[0]?["result"] == "repeated")
            #expect(try await world.count("payments", where: "applied = 1") == 1)
            _ = order
        }
    }
}
