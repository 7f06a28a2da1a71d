import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Mail
import Testing

/// S3-FLOW, S3-API and S3-HOOK, through the whole application and the sandbox.
@Suite struct PurchaseTests {
    /// S3-API-02 and GEN-09: bare yen. GEN-17: the mail is in Japanese. S3-ARCH-03: in a world without sockets, whose
    /// database, Stripe, clock and mail are injected.
    @Test(arguments: TestEngine.all)
    func
        `a buyer orders, pays, and the signed event pays the order once (S3-API-01, S3-FLOW-01, S3-FLOW-10, S3-HOOK-01)`(
            engine: TestEngine
        ) async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(2, by: buyer)
            #expect(order.total == 1960)
            let opened = await world.intent(order, by: buyer)
            #expect(opened.status == 200)
            #expect(opened["amount"]?.int == 1960)
            #expect(try await world.atStripe("GET", "/v1/payment_intents?limit=1")["data"]?[0]?["amount"] == 1960)
            #expect(opened["client_secret"]?.string?.contains("_secret_") == true)
            let intent = try #require(opened["payment_intent_id"]?.string)
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            try await world.confirm(intent)
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.work()
            #expect(world.mailbox.mails.map(\.subject) == ["お支払いが完了しました (注文番号 \(order.number))"])
            #expect(world.logs.lines(of: "payment_succeeded").first?.level == .info)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `an order is named by number or by id, and only the id goes to Stripe (GEN-10)`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let byNumber = await world.send(
                "POST", "/api/payments/intent", token: buyer.token, body: ["order_id": .int(order.number)])
            let byID = await world.intent(order, by: buyer)
            #expect(byNumber.status == 200)
            #expect(byNumber["payment_intent_id"] == byID["payment_intent_id"])
            let intent = try await world.atStripe(
                "GET", "/v1/payment_intents/\(byID["payment_intent_id"]?.string ?? "")")
            #expect(intent["metadata"]?["order_id"]?.string == order.id)
            #expect(
                await world.send("GET", "/api/orders/\(order.number)", token: buyer.token)["id"]?.string == order.id)
        }
    }

    @Test(arguments: TestEngine.all)
    func `who may pay what: 401, 404, 403, then the status (S3-FLOW-02 to S3-FLOW-05)`(engine: TestEngine) async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let other = try await world.buyer("other")
            let order = try await world.order(by: buyer)
            let path = "/api/payments/intent"
            #expect(await world.send("POST", path, body: ["order_id": .string(order.id)]).status == 401)
            let unknown = await world.send("POST", path, token: buyer.token, body: ["order_id": 999_999])
            #expect(unknown.status == 404)
            let theirs = await world.intent(order, by: other)
            #expect(theirs.status == 403)
            #expect(theirs["detail"]?.string?.contains("この注文の決済を行う") == true)
            // Reading does not tell that it exists.
            #expect(await world.send("GET", "/api/orders/\(order.id)", token: other.token).status == 404)
            #expect(await world.send("POST", "/api/orders/\(order.id)/cancel", token: other.token).status == 404)
            let intent = try await world.openPayment(order, by: buyer)
            try await world.confirm(intent)
            await world.deliver()
            let again = await world.intent(order, by: buyer)
            #expect(again.status == 400)
            #expect(again.code == "payment_already_processed")
            let canceled = try await world.order(by: buyer)
            #expect(await world.send("POST", "/api/orders/\(canceled.id)/cancel", token: buyer.token).status == 200)
            let late = await world.intent(canceled, by: buyer)
            #expect(late.status == 400)
            #expect(late.code == "order_not_pending")
        }
    }

    @Test(arguments: TestEngine.all)
    func `an amount in the request decides nothing, and a difference is logged (S3-FLOW-06, law 1)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(2, by: buyer)
            let reply = await world.send(
                "POST", "/api/payments/intent", token: buyer.token,
                body: ["order_id": .string(order.id), "amount": 1])
            #expect(reply["amount"]?.int == 1960)
            let line = try #require(world.logs.lines(of: "swap_attempt").first)
            #expect(line.level == .warning)
            #expect(line["claimed"] == 1)
            // An order's own body names no price at all.
            let priced = await world.send(
                "POST", "/api/orders", token: buyer.token,
                body: ["items": [["product_id": "tea", "quantity": 1, "price": 1]]])
            #expect(priced.status == 400)
            #expect(priced["errors"]?[0]?["field"]?.string == "items[0].price")
        }
    }

    @Test(arguments: TestEngine.all)
    func `asking again returns the same intent, also when two ask at once (S3-FLOW-08, law 2)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intents = await withTaskGroup(of: String?.self) { group in
                for _ in 0..<8 {
                    group.addTask { await world.intent(order, by: buyer)["payment_intent_id"]?.string }
                }
                return await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(intents.count == 1)
            let made = try await world.atStripe("GET", "/v1/payment_intents?limit=100")["data"]?.array
            #expect(made?.count == 1)
            // One customer, too (S3-NEXT-01).
            #expect(try await world.atStripe("GET", "/v1/customers?limit=100")["data"]?.array?.count == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `when the total changed since, the intent's amount follows (S3-FLOW-09)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            try await world.alter("UPDATE orders SET total_minor = 1500 WHERE id = \(order.id)")
            let again = await world.intent(order, by: buyer)
            #expect(again["payment_intent_id"]?.string == intent)
            #expect(again["amount"]?.int == 1500)
            #expect(try await world.atStripe("GET", "/v1/payment_intents/\(intent)")["amount"]?.int == 1500)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a decline is logged at warning, and another card pays the same intent (S3-HOOK-02, law 12)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            try await world.confirm(intent, card: "pm_card_visa_chargeDeclinedInsufficientFunds")
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            let line = try #require(world.logs.lines(of: "payment_failed").first)
            #expect(line.level == .warning)
            #expect(line["status"] == "failed")
            #expect(line["decline_code"] == "insufficient_funds")
            #expect(try await world.openPayment(order, by: buyer) == intent)
            try await world.confirm(intent)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `3-D Secure pays after the buyer has authenticated`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            let confirmed = try await world.confirm(intent, card: "pm_card_threeDSecure2Required")
            #expect(confirmed["status"]?.string == "requires_action")
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            _ = try await world.atStripe(
                "POST", "/_sandbox/payment_intents/\(intent)/authenticate", "{\"outcome\":\"succeed\"}")
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "paid")
        }
    }

    @Test(arguments: TestEngine.all)
    func `stock is taken once, given back once, and never below zero (law 11)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let replies = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        await world.send(
                            "POST", "/api/orders", token: buyer.token,
                            body: ["items": [["product_id": "tea", "quantity": 10]]]
                        ).status
                    }
                }
                return await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(replies.filter { $0 == 201 }.count == 10)
            #expect(replies.filter { $0 == 409 }.count == 2)
            let orders = await world.send("GET", "/api/orders?limit=100", token: buyer.token)["data"]?.array ?? []
            let first = try #require(orders.first?["id"]?.string)
            for _ in 0..<2 {
                #expect(await world.send("POST", "/api/orders/\(first)/cancel", token: buyer.token).status == 200)
            }
            let tea = await world.send("GET", "/api/products", token: nil)["data"]?.array?.first { $0["id"] == "tea" }
            #expect(tea?["stock"]?.int == 10)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a sum that cannot be charged is refused and takes nothing`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            for (product, quantity) in [("pot", 9999), ("nothing", 1)] as [(String, Int64)] {
                let reply = await world.send(
                    "POST", "/api/orders", token: buyer.token,
                    body: [
                        "items": [
                            ["product_id": "tea", "quantity": 1],
                            ["product_id": .string(product), "quantity": .int(quantity)],
                        ]
                    ])
                #expect(reply.status == (product == "pot" ? 400 : 404))
            }
            let tea = await world.send("GET", "/api/products", token: nil)["data"]?.array?.first { $0["id"] == "tea" }
            #expect(tea?["stock"]?.int == 100)
            #expect(try await world.count("orders") == 0)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an unpaid order is canceled when its day is over, at Stripe too, and gives its stock back`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            world.clock.advance(by: .seconds(24 * 3600 + 1))
            try await world.work()
            #expect(try await world.count("orders", where: "status = 'canceled'") == 1)
            #expect(try await world.statusAtStripe(intent) == "canceled")
            #expect(try await world.count("products", where: "stock = 100") == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an order keeps whose it is, its total, its status and its intent (S3-DATA-01)`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(2, by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            let row = try await world.database.read { tx in
                try tx.row(
                    """
                    SELECT user_id, total_minor, currency, status, stripe_payment_intent_id FROM orders
                    WHERE id = \(order.id)
                    """
                ).map { row in
                    try (
                        [row.text("user_id"), row.text("status"), row.text("stripe_payment_intent_id")],
                        row.int("total_minor")
                    )
                }
            }
            #expect(row?.0 == [buyer.id, "awaiting_payment", intent])
            #expect(row?.1 == 1960)
        }
    }
}
