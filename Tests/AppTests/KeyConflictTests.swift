import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// Law 3: a key that Stripe knows from another call says no more; reading tells what was made under it.
@Suite struct KeyConflictTests {
    @Test(arguments: TestEngine.all, [true, false])
    func `an intent under such a key is found, or the attempt is over and the next has a key of its own`(
        engine: TestEngine, made: Bool
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let customer = try await world.customer(ofIntent: try await world.buy(by: buyer).intent)
            let order = try await world.order(by: buyer)
            var other = "amount=980&currency=jpy&customer=\(customer)"
            if made { other += "&metadata[order_id]=\(order.id)&metadata[attempt]=1" }
            let known = try await world.atStripe("POST", "/v1/payment_intents", other, key: "\(order.id)-1")["id"]
            let reply = await world.intent(order, by: buyer)
            if made {
                #expect(reply.status == 200)
                #expect(reply["payment_intent_id"] == known)
            } else {
                #expect(reply.code == "payment_intent_creation_failed")
                #expect(reply["detail"]?.string?.contains("idempotency_conflict") == true)
                #expect(try await world.count("payment_attempts", where: "state = 'refused'") == 1)
            }
            let intent = try await world.openPayment(order, by: buyer)
            #expect(made == (known?.string == intent))
            try await world.confirm(intent)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, [true, false])
    func `a refund under such a key is found, or refused and free to be asked for again`(
        engine: TestEngine, made: Bool
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let (order, intent) = try await world.buy(by: buyer)
            world.sandbox.add(StripeSandboxFault(.dropBefore, method: "POST", path: "/v1/refunds"))
            let id = try #require(await world.refund(order, ["amount": 100], by: chief)["id"]?.string)
            let key = "\(order.id)-refund-\(id)"
            if made {
                _ = try await world.atStripe(
                    "POST", "/v1/refunds", "payment_intent=\(intent)&amount=100&metadata[refund_id]=\(id)", key: key)
            } else {
                _ = try await world.atStripe("POST", "/v1/customers", "name=Somebody", key: key)
            }
            world.clock.advance(by: .seconds(200))
            try await world.work()
            let expected: JSONValue = made ? "succeeded" : "refused"
            #expect(await world.refunds(order, by: chief).map { $0["status"] } == [expected])
            #expect(await world.refund(order, by: chief)["amount"]?["amount"] == (made ? 880 : 980))
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "refunded")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, [true, false])
    func `a customer under such a key is found by the address, or made anew under the next`(
        engine: TestEngine, made: Bool
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let other = made ? "&email=buyer@example.com&metadata[kessai_user_id]=\(buyer.id)" : ""
            let known = try await world.atStripe(
                "POST", "/v1/customers", "name=Somebody" + other, key: "customer-\(buyer.id)-1")["id"]?.string
            let reply = await world.intent(order, by: buyer)
            #expect(reply.status == (made ? 200 : 400))
            let intent = try await world.openPayment(order, by: buyer)
            let customer = try await world.customer(ofIntent: intent)
            #expect((customer == known) == made)
            #expect(try await world.listAtStripe("/v1/customers").count == (made ? 1 : 2))
        }
    }
}
