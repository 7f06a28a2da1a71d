import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import KessaiApp
import Payments
import StripeSandbox
import Testing

/// Law 8: what the events missed, reconciliation finds and heals; its statement is zero afterwards.
@Suite struct ReconciliationTests {
    /// From where it is healed: Stripe's event list, or its objects alone.
    enum Source: String, CaseIterable { case events, objects }

    private func reconciled(_ world: World, from source: Source) async throws -> ReconciliationStatement {
        if source == .objects { try await world.forgetEvents() }
        return try await world.reconcile()
    }

    @Test(arguments: TestEngine.all, Source.allCases)
    func `a lost event`(engine: TestEngine, source: Source) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            world.loseEvents()
            let (order, _) = try await world.buy(2, by: buyer)
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            let statement = try await reconciled(world, from: source)
            #expect(statement.isBalanced)
            #expect(await world.status(order, by: buyer) == "paid")
            let line = try world.line(.charge, of: statement)
            #expect(line.atStripe == line.here)
            #expect(line.here.rows == 1)
            #expect(line.here.amountMinor == 1960)
            switch source {
            case .events:
                #expect(statement.actions[.eventsTaken] == 1)
                #expect(statement.actions[.chargesRecorded] == nil)
            case .objects: #expect(statement.actions == [.chargesRecorded: 1])
            }
            try await world.expectBooks()
            // A second run finds nothing to do.
            let again = try await world.reconcile()
            #expect(again.isBalanced)
            #expect(again.actions.isEmpty)
            #expect(try await world.count("payments") == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an event that comes after it was taken by reconciliation is a repeat (law 5)`(engine: TestEngine) async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            try await world.confirm(try await world.openPayment(order, by: buyer))
            try await world.reconcile()
            #expect(await world.status(order, by: buyer) == "paid")
            await world.deliver()
            #expect(world.logs.lines(of: "event_repeated").count == 1)
            #expect(try await world.count("webhook_events", where: "path = 'reconciliation'") == 1)
            #expect(try await world.count("payments") == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, Source.allCases)
    func `a lost answer to a charge (law 3)`(engine: TestEngine, source: Source) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            world.loseEvents()
            world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/payment_intents"))
            #expect(await world.intent(order, by: buyer).status == 400)
            let made = try #require(try await world.listAtStripe("/v1/payment_intents").first?["id"]?.string)
            try await world.confirm(made)
            world.clock.advance(by: .seconds(120))
            #expect(await world.status(order, by: buyer) == "pending")
            let statement = try await reconciled(world, from: source)
            #expect(statement.isBalanced)
            #expect(await world.status(order, by: buyer) == "paid")
            #expect(try await world.count("payment_attempts", where: "state = 'submitted'") == 0)
            #expect(try await world.listAtStripe("/v1/payment_intents").count == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, Source.allCases)
    func `a charge whose row was rolled back`(engine: TestEngine, source: Source) async throws {
        let clock = ManualClock()
        try await withDatabase(engine, migrations: KessaiApp.migrations, clock: clock) { database in
            let faulty = FaultyDatabase(database)
            let world = try await World.make(database: faulty, clock: clock)
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            try await world.confirm(intent)
            faulty.goAway()
            await world.deliver()
            faulty.comeBack()
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            let statement = try await reconciled(world, from: source)
            #expect(statement.isBalanced)
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, Source.allCases)
    func `a refund made in Stripe's dashboard (S3-HOOK-03)`(engine: TestEngine, source: Source) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let (order, intent) = try await world.buy(by: buyer)
            world.loseEvents()
            _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)&amount=300")
            _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)&amount=80")
            let statement = try await reconciled(world, from: source)
            #expect(statement.isBalanced)
            #expect(await world.status(order, by: buyer) == "partially_refunded")
            let line = try world.line(.refund, of: statement)
            #expect(line.here.rows == 2)
            #expect(line.here.amountMinor == 380)
            #expect(try await world.balance("refunds") == 380)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a charge and its refund that both are missing, from the refund alone`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            world.loseEvents()
            let (order, intent) = try await world.buy(by: buyer)
            // The charge lies before the period, the refund in it.
            world.clock.advance(by: .seconds(3 * 3600))
            _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)")
            try await world.forgetEvents()
            let statement = try await world.reconcile(last: .seconds(3600))
            #expect(statement.isBalanced)
            #expect(statement.actions == [.chargesRecorded: 1, .refundsApplied: 1])
            #expect(await world.status(order, by: try await world.again("buyer@example.com")) == "refunded")
            #expect(statement.lines.map(\.subject) == [.refund])
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, Source.allCases)
    func `a dispute that nobody told of`(engine: TestEngine, source: Source) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            try await world.confirm(intent, card: "pm_card_createDispute")
            await world.deliver()
            world.loseEvents()
            world.clock.advance(by: .seconds(60))
            let statement = try await reconciled(world, from: source)
            #expect(statement.isBalanced)
            #expect(try await world.count("disputes", where: "status = 'needs_response'") == 1)
            #expect(try await world.balance("disputes") == 980)
            #expect(await world.read(order, by: buyer)["disputed"] == true)
            try await world.expectBooks()
            #expect(try await world.reconcile().actions.isEmpty)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an object that is not ours is counted and left alone`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            _ = try await world.buy(by: buyer)
            world.loseEvents()
            let order = try await world.order(by: buyer)
            for metadata in ["", "&metadata[order_id]=\(order.id)&metadata[kessai_installation]=another"] {
                let intent = try await world.atStripe(
                    "POST", "/v1/payment_intents", "amount=700&currency=jpy\(metadata)")
                let id = try #require(intent["id"]?.string)
                try await world.confirm(id)
                _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(id)&amount=200")
                _ = try await world.atStripe("POST", "/v1/payment_intents", "amount=50&currency=jpy\(metadata)")
            }
            try await world.forgetEvents()
            let statement = try await world.reconcile()
            #expect(statement.isBalanced)
            #expect(statement.actions.isEmpty)
            #expect(try world.line(.charge, of: statement).atStripe.rows == 1)
            let foreign = Dictionary(uniqueKeysWithValues: statement.foreign.map { ($0.what, $0.sum) })
            #expect(foreign["charge"]?.rows == 2)
            #expect(foreign["charge"]?.amountMinor == 1400)
            #expect(foreign["refund"]?.amountMinor == 400)
            #expect(foreign["payment_intent"]?.rows == 2)
            #expect(await world.status(order, by: buyer) == "pending")
            try await world.work()
            #expect(try await world.listAtStripe("/v1/payment_intents").allSatisfy { $0["status"] != "canceled" })
        }
    }

    @Test(arguments: TestEngine.all)
    func `an abandoned intent that could still be paid is canceled`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            let kept = try await world.openPayment(try await world.order(by: buyer), by: buyer)
            // An earlier attempt of an order that is being paid by a later one.
            let retried = try await world.order(by: buyer)
            let superseded = try await world.openPayment(retried, by: buyer)
            try await world.alter(
                "UPDATE payment_attempts SET state = 'closed' WHERE stripe_payment_intent_id = \(superseded)")
            let current = try await world.openPayment(retried, by: buyer)
            try #require(current != superseded)
            // As after a restored backup, or a bug: canceled here, open there.
            try await world.alter(
                """
                UPDATE orders SET status = 'canceled', canceled_at_ms = created_at_ms WHERE id = \(order.id)
                """)
            try await world.forgetEvents()
            let statement = try await world.reconcile()
            #expect(statement.isBalanced)
            #expect(statement.actions == [.intentsCanceled: 2])
            // A job is waiting for each, so there is nothing more to do.
            #expect(try await world.reconcile().actions.isEmpty)
            try await world.work()
            for (id, status) in [
                (intent, "canceled"), (superseded, "canceled"), (kept, "requires_payment_method"),
                (current, "requires_payment_method"),
            ] {
                #expect(try await world.statusAtStripe(id) == status)
            }
            #expect(try await world.reconcile().actions[.intentsCanceled] == nil)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an order whose time is over is canceled with its intent`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            world.clock.advance(by: .seconds(25 * 3600))
            let statement = try await world.reconcile()
            #expect(statement.actions[.outcomesResolved] == 1)
            #expect(await world.status(order, by: try await world.again("buyer@example.com")) == "canceled")
            #expect(try await world.statusAtStripe(intent) == "canceled")
        }
    }
}
