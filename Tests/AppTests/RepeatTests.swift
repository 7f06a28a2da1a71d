import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// What a repeat finds, and what must not stay open: laws 2 and 3 at their edges.
@Suite struct RepeatTests {
    @Test(arguments: TestEngine.all)
    func `a refund that Stripe refused is refused again under its key, and nothing is sent twice`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world async throws in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let (order, intent) = try await world.buy(by: buyer)
            // All of it went back in the dashboard, and we were not told yet.
            _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)")
            for _ in 0..<2 {
                let reply = await world.refund(order, by: chief, key: "refund-once")
                #expect(reply.status == 400)
                #expect(reply.code == "refund_refused")
            }
            let made = try await world.atStripe("GET", "/v1/refunds?payment_intent=\(intent)")["data"]?.array?.count
            #expect(made == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a key that comes again after a day with another body is another request`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world async throws in
            try await world.stockShop()
            _ = try await world.buyer()
            func order(_ quantity: Int64, _ person: Person) async -> Reply {
                await world.send(
                    "POST", "/api/orders", token: person.token, key: "cart",
                    body: ["items": [["product_id": "tea", "quantity": .int(quantity)]]])
            }
            let first = await order(1, try await world.again("buyer@example.com"))
            world.clock.advance(by: .seconds(25 * 3600))
            try await world.work()
            let later = try await world.again("buyer@example.com")
            let second = await order(2, later)
            #expect(second.status == 201)
            #expect(second["id"] != first["id"])
            #expect(second["total"]?["amount"]?.int == 1960)
        }
    }

    @Test(arguments: TestEngine.all, [true, false])
    func `a fault that Stripe keeps for the customer's key does not shut the buyer out`(
        engine: TestEngine, hasEffect: Bool
    ) async throws {
        try await World.run(on: engine) { world async throws in
            try await world.stockShop()
            let buyer = try await world.buyer()
            var fault = StripeSandboxFault(.serverError, method: "POST", path: "/v1/customers")
            fault.hasEffect = hasEffect
            fault.isKept = true
            _ = world.sandbox.add(fault)
            let order = try await world.order(by: buyer)
            var opened = await world.intent(order, by: buyer)
            for _ in 0..<2 where opened.status != 200 { opened = await world.intent(order, by: buyer) }
            #expect(opened.status == 200)
            let customers = try await world.atStripe("GET", "/v1/customers")["data"]?.array?.count
            #expect(customers == 1)
        }
    }

    @Test(arguments: TestEngine.all, [true, false])
    func `a fault that Stripe keeps for a cancellation does not hold the stock`(
        engine: TestEngine, hasEffect: Bool
    ) async throws {
        try await World.run(on: engine) { world async throws in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            var fault = StripeSandboxFault(
                .serverError, method: "POST", path: "/v1/payment_intents/\(intent)/cancel")
            fault.hasEffect = hasEffect
            fault.isKept = true
            _ = world.sandbox.add(fault)
            _ = await world.cancel(order, by: buyer)
            world.clock.advance(by: .seconds(2 * 3600))
            try await world.work()
            let canceled = try await world.count("orders", where: "status = 'canceled'")
            #expect(canceled == 1)
            let full = try await world.count("products", where: "stock = 100")
            #expect(full == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an intent that Stripe does not know any more does not hold up a cancellation`(engine: TestEngine) async throws
    {
        try await World.run(on: engine) { world async throws in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            _ = try await world.openPayment(order, by: buyer)
            world.sandbox.reset()
            let opened = await world.intent(order, by: buyer)
            #expect(opened.status == 400)
            let canceled = await world.cancel(order, by: buyer)
            #expect(canceled.status == 200)
            #expect(canceled["status"]?.string == "canceled")
        }
    }

    @Test(arguments: TestEngine.all)
    func `an intent that could still be paid is canceled when another one paid, or the order is quarantined`(
        engine: TestEngine
    ) async throws {
        for amount in [nil, 100] as [Int64?] {
            try await World.run(on: engine) { world async throws in
                try await world.stockShop()
                let buyer = try await world.buyer()
                let order = try await world.order(by: buyer)
                let open = try await world.openPayment(order, by: buyer)
                let customer = try await world.customer(ofIntent: open)
                _ = try await world.payDirectly(order, amount: amount, customer: customer)
                await world.deliver()
                try await world.work()
                let status = try await world.statusAtStripe(open)
                #expect(status == "canceled")
                let ours = await world.status(order, by: buyer)
                #expect(ours == (amount == nil ? "paid" : "needs_review"))
                try await world.expectBooks()
            }
        }
    }

    @Test(arguments: TestEngine.all)
    func `a read that Stripe refuses does not end an attempt whose outcome is unknown (law 3)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world async throws in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            try await world.alter("UPDATE orders SET expires_at_ms = 99999999999999 WHERE id = \(order.id)")
            _ = world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/payment_intents"))
            _ = await world.intent(order, by: buyer)
            world.clock.advance(by: .seconds(25 * 3600))
            let later = try await world.again("buyer@example.com")
            _ = world.sandbox.add(StripeSandboxFault(.serverError, method: "GET", path: "/v1/payment_intents"))
            let refused = await world.intent(order, by: later)
            #expect(refused.status == 400)
            let unresolved = try await world.count("payment_attempts", where: "state = 'submitted'")
            #expect(unresolved == 1)
            _ = try await world.openPayment(order, by: later)
            let intents = try await world.atStripe("GET", "/v1/payment_intents")["data"]?.array?.count
            #expect(intents == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an operator pages through the history of payments, a buyer does not (S3-NEXT-03)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world async throws in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            var intents: [String] = []
            for _ in 0..<3 { intents.append(try await world.buy(by: buyer).intent) }
            let first = await world.send("GET", "/api/admin/payments?limit=2", token: chief.token)
            let cursor = try #require(first["next_cursor"]?.string)
            let second = await world.send("GET", "/api/admin/payments?limit=2&cursor=\(cursor)", token: chief.token)
            let listed = (first["data"]?.array ?? []) + (second["data"]?.array ?? [])
            let ids = listed.compactMap { $0["payment_intent_id"]?.string }
            #expect(ids == intents.reversed())
            let refused = await world.send("GET", "/api/admin/payments", token: buyer.token)
            #expect(refused.status == 403)
        }
    }

    @Test(arguments: TestEngine.all)
    func `rows of money are neither edited nor deleted, whoever asks (law 10)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world async throws in
            try await world.stockShop()
            let buyer = try await world.buyer()
            _ = try await world.buy(by: buyer)
            for table in ["payments", "journal_entries", "postings", "order_history", "order_lines"] {
                let column = table == "postings" || table == "order_lines" ? "position" : "id"
                for sql in ["UPDATE \(table) SET \(column) = \(column)", "DELETE FROM \(table)"] {
                    var refused: DatabaseError?
                    do {
                        try await world.alter(SQL(unsafe: sql))
                    } catch let error as DatabaseError {
                        refused = error
                    }
                    #expect(refused == .refusedByTrigger, "\(sql)")
                }
            }
        }
    }
}
