import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// Giving up an unpaid order: at Stripe first, so that a canceled order cannot be paid.
@Suite struct CancellationTests {
    @Test(arguments: TestEngine.all)
    func `an order that Stripe has never heard of is canceled at once`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(3, by: buyer)
            #expect(await world.teaLeft() == 97)
            let reply = await world.cancel(order, by: buyer)
            #expect(reply.status == 200)
            #expect(reply["status"] == "canceled")
            #expect(reply["canceled_at"]?.string == world.clock.now().rfc3339)
            #expect(await world.teaLeft() == 100)
            #expect(try await world.listAtStripe("/v1/payment_intents").isEmpty)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `an opened payment is canceled at Stripe first`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            #expect(await world.cancel(order, by: buyer)["status"] == "canceled")
            #expect(try await world.statusAtStripe(intent) == "canceled")
            #expect(try await world.confirm(intent)["error"] != nil)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "canceled")
            #expect(await world.teaLeft() == 100)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `what is paid is not canceled`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let (order, _) = try await world.buy(by: buyer)
            for _ in 0..<2 {
                let reply = await world.cancel(order, by: buyer)
                #expect(reply.status == 409)
                #expect(reply.code == "order_not_cancelable")
            }
            #expect(await world.status(order, by: buyer) == "paid")
            #expect(await world.teaLeft() == 99)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a buyer who was faster has paid: the read-back pays the order, once (laws 3 and 4)`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            try await world.confirm(intent)
            let reply = await world.cancel(order, by: buyer)
            #expect(reply.status == 409)
            #expect(reply.code == "order_not_cancelable")
            let read = await world.read(order, by: buyer)
            #expect(read["status"] == "paid")
            #expect(read["cancel_requested_at"] == .null)
            await world.deliver()
            try await world.work()
            #expect(world.mailbox.mails.count == 1)
            #expect(try await world.count("shop_deliveries") == 1)
            #expect(await world.teaLeft() == 99)
            try await world.expectBooks()
        }
    }

    @Test(
        arguments: TestEngine.all,
        [StripeSandboxFault.Kind.dropAnswer, .dropBefore, .serverError, .rateLimit, .outage])
    func `without a certain answer nothing can be paid any more, and the sweep finishes it (law 3)`(
        engine: TestEngine, kind: StripeSandboxFault.Kind
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            world.sandbox.add(
                StripeSandboxFault(kind, method: "POST", path: "/v1/payment_intents/{intent}/cancel"))
            let reply = await world.cancel(order, by: buyer)
            #expect(reply.status == 202)
            #expect(reply["cancel_requested_at"]?.string == world.clock.now().rfc3339)
            #expect(reply["status"] == "awaiting_payment")
            #expect(await world.teaLeft() == 99)
            let payment = await world.intent(order, by: buyer)
            #expect(payment.status == 400)
            #expect(payment.code == "order_not_pending")
            world.clock.advance(by: .seconds(200))
            try await world.work()
            #expect(await world.status(order, by: buyer) == "canceled")
            #expect(try await world.statusAtStripe(intent) == "canceled")
            await world.deliver()
            #expect(await world.teaLeft() == 100)
            #expect(await world.status(order, by: buyer) == "canceled")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a buyer who pays while the cancellation is unresolved has paid`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            world.sandbox.add(StripeSandboxFault(.dropBefore, path: "/v1/payment_intents/{intent}/cancel"))
            #expect(await world.cancel(order, by: buyer).status == 202)
            try await world.confirm(intent)
            world.clock.advance(by: .seconds(200))
            try await world.work()
            #expect(await world.status(order, by: buyer) == "paid")
            await world.deliver()
            #expect(await world.teaLeft() == 99)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `an opening whose outcome is unknown is resolved before it is canceled (law 2)`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/payment_intents"))
            #expect(await world.intent(order, by: buyer).status == 400)
            #expect(await world.cancel(order, by: buyer)["status"] == "canceled")
            let intents = try await world.listAtStripe("/v1/payment_intents")
            #expect(intents.map { $0["status"]?.string } == ["canceled"])
            #expect(await world.teaLeft() == 100)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a repeat returns the canceled order, also when many ask at once, and stock comes back once (law 11)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(4, by: buyer)
            _ = try await world.openPayment(order, by: buyer)
            let second = try await world.anotherNode()
            let replies = await withTaskGroup(of: Reply.self) { group in
                for node in [world, second, world, second, world, second] {
                    group.addTask { await node.cancel(order, by: buyer) }
                }
                return await group.reduce(into: [Reply]()) { $0.append($1) }
            }
            #expect(replies.map(\.status) == Array(repeating: 200, count: 6))
            let repeated = await world.cancel(order, by: buyer)
            for reply in replies { #expect(reply.json == repeated.json) }
            #expect(await world.teaLeft() == 100)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `an operator cancels anybody's order, a stranger nobody's`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let stranger = try await world.buyer("stranger")
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            #expect(await world.cancel(order, by: stranger).code == "order_not_found")
            #expect(await world.send("POST", "/api/orders/\(order.id)/cancel").status == 401)
            #expect(await world.cancel(order, by: chief).status == 200)
            #expect(await world.status(order, by: buyer) == "canceled")
            for name in ["999999", "0", "-1", "nothing", "019aa000-0000-7000-8000-000000000009"] {
                let reply = await world.send("POST", "/api/orders/\(name)/cancel", token: chief.token)
                #expect(reply.status == 404)
                #expect(reply.code == "order_not_found")
            }
        }
    }

    @Test(arguments: TestEngine.all)
    func
        `money for a canceled order is flagged, owed back, refunded, and then the review is closed (S3-HOOK-07, law 7)`(
            engine: TestEngine
        ) async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            // As if the cancellation at Stripe had not held.
            try await world.alter(
                "UPDATE orders SET status = 'canceled', canceled_at_ms = 1 WHERE id = \(order.id)")
            try await world.confirm(intent)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "canceled")
            #expect(try await world.count("shop_deliveries") == 0)
            #expect(try await world.balance("unapplied_payments") == -980)
            #expect(try await world.balance("sales") == 0)
            #expect(world.logs.lines(of: "payment_needs_review").first?.level == .warning)
            let review = try #require(await world.reviews(by: chief).first)
            #expect(review["kind"] == "paid_after_cancel")
            #expect(review["order_id"]?.string == order.id)
            #expect(review["payment_intent_id"]?.string == intent)
            let early = await world.resolve(review, by: chief)
            #expect(early.status == 409)
            #expect(early.code == "review_needs_refund")
            let refund = await world.refund(order, by: chief)
            #expect(refund.status == 201)
            #expect(refund["amount"]?["amount"] == 980)
            #expect(await world.resolve(review, by: chief).status == 200)
            #expect(await world.reviews(by: chief).isEmpty)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "canceled")
            for account in ["unapplied_payments", "stripe_balance", "sales", "refunds"] {
                #expect(try await world.balance(account) == 0)
            }
            #expect(try await world.count("audit_entries", where: "action = 'review.resolved'") == 1)
            try await world.expectBooks()
        }
    }
}
