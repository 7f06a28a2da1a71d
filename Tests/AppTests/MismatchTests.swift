import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import Testing

/// Law 7: what does not fit never becomes paid; a person decides.
@Suite struct MismatchTests {
    /// What is swapped in a signed event.
    enum Swap: String, CaseIterable, Sendable {
        case amount, less, currency, customer, noCustomer, order, noOrder

        func apply(_ event: JSONValue, other: PlacedOrder) -> JSONValue {
            switch self {
            case .amount: event.changing("data", "object", "amount_received", to: 1_000_000)
            case .less: event.changing("data", "object", "amount_received", to: 1)
            case .currency: event.changing("data", "object", "currency", to: "usd")
            case .customer: event.changing("data", "object", "customer", to: "cus_somebody_else")
            case .noCustomer: event.changing("data", "object", "customer", to: .null)
            case .order: event.changing("data", "object", "metadata", "order_id", to: .string(other.id))
            case .noOrder: event.changing("data", "object", "metadata", to: [:])
            }
        }

        var kind: String {
            switch self {
            case .amount, .less: "amount_mismatch"
            case .currency: "currency_mismatch"
            case .customer, .noCustomer: "customer_mismatch"
            case .order, .noOrder: "order_mismatch"
            }
        }
    }

    @Test(arguments: TestEngine.all, Swap.allCases)
    func `a swapped event is never paid nor fulfilled, and nothing is payable afterwards (S3-HOOK-06, GEN-07)`(
        engine: TestEngine, swap: Swap
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(2, by: buyer)
            let other = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            try await world.confirm(intent)
            let event = try #require(try await world.event("payment_intent.succeeded"))
            let reply = await world.receive(
                swap.apply(event, other: other).changing("id", to: "evt_swapped"))
            #expect(reply.status == 200)
            #expect(reply["actions"]?[0]?["action"]?.string == swap.kind)
            #expect(await world.status(order, by: buyer) == "needs_review")
            #expect(await world.status(other, by: buyer) == "pending")
            let review = try #require(await world.reviews(by: chief).first)
            #expect(review["kind"]?.string == swap.kind)
            #expect(review["order_id"]?.string == order.id)
            #expect(world.logs.lines(of: "payment_needs_review").count == 1)
            // Nor does the true event pay it now: its money is recorded already.
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "needs_review")
            #expect(try await world.count("shop_deliveries") == 0)
            #expect(try await world.count("payments", where: "applied = 1") == 0)
            #expect(try await world.balance("sales") == 0)
            let again = await world.intent(order, by: buyer)
            #expect(again.status == 400)
            #expect(again.code == "order_not_pending")
            #expect(await world.cancel(order, by: buyer).code == "order_not_cancelable")
            #expect(await world.resolve(review, by: chief).code == "review_needs_refund")
            try await world.work()
            #expect(world.mailbox.mails.isEmpty)
        }
    }

    @Test(arguments: TestEngine.all)
    func `another amount that really came is refunded, and its review cancels the order and frees the stock`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(5, by: buyer)
            let intent = try await world.payDirectly(order, amount: 4899)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "needs_review")
            #expect(await world.teaLeft() == 95)
            #expect(try await world.balance("unapplied_payments") == -4899)
            let review = try #require(await world.reviews(by: chief).first)
            #expect(review["payment_intent_id"]?.string == intent)
            // A part is not enough.
            #expect(await world.refund(order, ["amount": 4000], by: chief).status == 201)
            let early = await world.resolve(review, by: chief)
            #expect(early.status == 409)
            #expect(early.code == "review_needs_refund")
            #expect(await world.refund(order, by: chief)["amount"]?["amount"] == 899)
            let resolved = await world.resolve(review, by: chief)
            #expect(resolved.status == 200)
            #expect(resolved["note"] == "looked at")
            #expect(resolved["resolved_at"]?.string == world.clock.now().rfc3339)
            #expect(await world.status(order, by: buyer) == "canceled")
            #expect(await world.teaLeft() == 100)
            // A repeat returns the same and gives nothing back again.
            #expect(await world.resolve(review, by: chief).json == resolved.json)
            #expect(await world.teaLeft() == 100)
            await world.deliver()
            #expect(try await world.balance("unapplied_payments") == 0)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `only the last review of a quarantined order cancels it`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            let first = try await world.payDirectly(order, amount: 100)
            let second = try await world.payDirectly(order)
            await world.deliver()
            let reviews = await world.reviews(by: chief)
            #expect(Set(reviews.map { $0["kind"] }) == ["amount_mismatch", "paid_during_review"])
            for (index, intent) in [first, second].enumerated() {
                #expect(await world.status(order, by: buyer) == "needs_review")
                let body: JSONValue = ["payment_intent_id": .string(intent)]
                #expect(await world.refund(order, body, by: chief).status == 201)
                let review = try #require(reviews.first { $0["payment_intent_id"]?.string == intent })
                #expect(await world.resolve(review, by: chief).status == 200)
                #expect(await world.reviews(by: chief).count == 1 - index)
            }
            #expect(await world.status(order, by: buyer) == "canceled")
            #expect(await world.teaLeft() == 100)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a second payment of a paid order is flagged and refunded, and the order stays paid (law 2)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let (order, intent) = try await world.buy(by: buyer)
            let customer = try await world.customer(ofIntent: intent)
            let second = try await world.payDirectly(order, customer: customer)
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "paid")
            let review = try #require(await world.reviews(by: chief).first)
            #expect(review["kind"] == "duplicate_payment")
            #expect(review["payment_intent_id"]?.string == second)
            #expect(await world.resolve(review, by: chief).code == "review_needs_refund")
            let unknown = await world.refund(order, ["payment_intent_id": "pi_nobody"], by: chief)
            #expect(unknown.status == 404)
            #expect(unknown.code == "payment_not_found")
            #expect(await world.refund(order, ["payment_intent_id": .string(second)], by: chief).status == 201)
            #expect(await world.resolve(review, by: chief).status == 200)
            await world.deliver()
            let read = await world.read(order, by: buyer)
            #expect(read["status"] == "paid")
            #expect(read["refunded"]?["amount"] == 0)
            #expect(try await world.balance("sales") == -980)
            #expect(try await world.balance("unapplied_payments") == 0)
            #expect(await world.teaLeft() == 99)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `an intent that stayed open while another one paid is flagged when it is paid too`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            let open = try await world.openPayment(order, by: buyer)
            _ = try await world.payDirectly(order, customer: try await world.customer(ofIntent: open))
            await world.deliver()
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.confirm(open)
            await world.deliver()
            #expect(await world.reviews(by: chief).map { $0["kind"] } == ["duplicate_payment"])
            #expect(try await world.count("shop_deliveries") == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `reviews are for operators, and an unknown one is not found`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            #expect(await world.send("GET", "/api/admin/reviews").status == 401)
            #expect(await world.send("GET", "/api/admin/reviews", token: buyer.token).status == 403)
            let review: JSONValue = ["id": "019aa000-0000-7000-8000-000000000003"]
            #expect(await world.resolve(review, by: buyer).status == 403)
            let unknown = await world.resolve(review, by: chief)
            #expect(unknown.status == 404)
            #expect(unknown.code == "review_not_found")
        }
    }
}
