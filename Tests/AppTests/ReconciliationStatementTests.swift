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

/// What a statement says when the two sides do not agree, and what a person is told.
@Suite struct ReconciliationStatementTests {
    /// A payment's row without a charge, or before it.
    private func record(
        _ world: World, order: PlacedOrder, intent: String, charge: String? = nil, amount: Int64
    ) async throws {
        // Its id begins with its time, as ours do.
        let digits = String(world.clock.now().epochMs, radix: 16)
        let id = "0\(digits.prefix(7))-\(digits.suffix(4))-7000-8000-\(intent.hashOfText)"
        try await world.alter(
            """
            INSERT INTO payments (id, order_id, stripe_payment_intent_id, stripe_charge_id, amount_minor, currency,
                applied, created_at_ms)
            VALUES (\(id), \(order.id), \(intent), \(charge), \(amount), 'jpy', 0, \(world.clock.now()))
            """)
    }

    @Test(arguments: TestEngine.all)
    func `a row that Stripe does not have is a difference, and found once`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let (order, _) = try await world.buy(by: buyer)
            try await record(world, order: order, intent: "pi_phantom", charge: "ch_phantom", amount: 500)
            try await record(world, order: order, intent: "pi_ghost", amount: 70)
            for _ in 0..<2 {
                world.clock.advance(by: .seconds(10))
                let statement = try await world.reconcile()
                #expect(!statement.isBalanced)
                let line = try world.line(.charge, of: statement)
                #expect(line.atStripe == ReconciliationSum.of(1, 980))
                #expect(line.here == ReconciliationSum.of(3, 1550))
                #expect(line.difference == ReconciliationSum.of(-2, -570))
                #expect(line.onlyHere == 2)
                #expect(Set(statement.differences.map(\.stripeID)) == ["ch_phantom", "pi_ghost"])
                #expect(statement.differences.allSatisfy { $0.side == .onlyHere && $0.reason == "missing_at_stripe" })
                #expect(statement.table.contains("there are differences"))
            }
            #expect(world.logs.lines(of: "reconciliation_finding").count == 2)
            #expect(world.logs.lines(of: "reconciliation_statement").allSatisfy { $0.level == .warning })
        }
    }

    @Test(arguments: TestEngine.all)
    func `an amount that differs is a difference, also when the sums agree`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            world.loseEvents()
            let first = try await world.buy(by: buyer)
            let second = try await world.buy(by: buyer)
            try await record(world, order: first.order, intent: first.intent, amount: 979)
            try await record(world, order: second.order, intent: second.intent, amount: 981)
            try await world.forgetEvents()
            let statement = try await world.reconcile()
            let line = try world.line(.charge, of: statement)
            #expect(line.difference == ReconciliationSum.of(0, 0))
            #expect(line.differing == 2)
            #expect(!statement.isBalanced)
            #expect(statement.differences.map(\.side) == [.differs, .differs])
            #expect(Set(statement.differences.map(\.hereMinor)) == [979, 981])
            #expect(Set(statement.differences.map(\.orderID)) == [first.order.id, second.order.id])
        }
    }

    @Test(arguments: TestEngine.all)
    func `a charge of ours for an order that is not here is flagged for a person`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let chief = try await world.operator()
            let id = try await world.database.read { tx in
                try tx.row("SELECT id FROM installation")?.text("id")
            }
            let installation = try #require(id)
            let metadata =
                "metadata[order_id]=019aa000-0000-7000-8000-000000000009&metadata[kessai_installation]=\(installation)"
            world.loseEvents()
            for path in ["paid", "open"] {
                let intent = try await world.atStripe(
                    "POST", "/v1/payment_intents", "amount=900&currency=jpy&\(metadata)")
                if path == "paid" { try await world.confirm(try #require(intent["id"]?.string)) }
            }
            let dry = try await world.reconcile(isDryRun: true)
            #expect(dry.differences.first?.reason == "order_unknown")
            #expect(dry.actions[.chargesRecorded] == nil)
            let statement = try await world.reconcile()
            #expect(!statement.isBalanced)
            #expect(try world.line(.charge, of: statement).onlyAtStripe == 1)
            #expect(statement.differences.first?.reason == "order_unknown")
            let reply = await world.send("GET", "/api/admin/reconciliation", token: chief.token)
            #expect(reply.status == 200)
            #expect(reply["statements"]?[0]?["balanced"] == false)
            #expect(reply["statements"]?[0]?["lines"]?[0]?["difference"]?["amount"] == 900)
            let findings = try #require(reply["findings"]?.array)
            #expect(Set(findings.map { $0["subject"]?.string }) == ["charge", "payment_intent"])
            #expect(findings.allSatisfy { $0["kind"] == "order_unknown" && $0["amount"]?["amount"] == 900 })
        }
    }

    @Test(arguments: TestEngine.all)
    func `a finding that is settled is closed by the next run`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let chief = try await world.operator()
            let buyer = try await world.buyer()
            let (_, intent) = try await world.buy(by: buyer)
            _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)&amount=80")
            world.loseEvents()
            try await world.forgetEvents()
            // A refund's row that says that it never went.
            try await world.reconcile()
            try await world.alter("UPDATE refunds SET state = 'failed'")
            world.clock.advance(by: .seconds(10))
            let statement = try await world.reconcile()
            #expect(try world.line(.refund, of: statement).differing == 1)
            let open = await world.send("GET", "/api/admin/reconciliation", token: chief.token)["findings"]?.array
            #expect(open?.count == 1)
            try await world.alter("UPDATE refunds SET state = 'succeeded'")
            world.clock.advance(by: .seconds(10))
            #expect(try await world.reconcile().isBalanced)
            let after = await world.send("GET", "/api/admin/reconciliation", token: chief.token)
            #expect(after["findings"]?.array?.isEmpty == true)
            #expect(after["statements"]?.array?.map { $0["balanced"] } == [true, false, true])
            #expect(
                await world.send("GET", "/api/admin/reconciliation", token: buyer.token).status == 403)
        }
    }

    @Test(arguments: TestEngine.all)
    func `failed charges are no money, and a refund on its way counts when it has gone`(engine: TestEngine) async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            try await world.confirm(intent, card: "pm_card_chargeDeclined")
            try await world.confirm(intent, card: "pm_card_pendingRefund")
            world.loseEvents()
            _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)")
            try await world.forgetEvents()
            let pending = try await world.reconcile()
            #expect(pending.isBalanced)
            #expect(try world.line(.charge, of: pending).here == ReconciliationSum.of(1, 980))
            #expect(try world.line(.refund, of: pending).here == ReconciliationSum.of(1, 0))
            #expect(await world.status(order, by: buyer) == "paid")
            world.clock.advance(by: .seconds(61))
            let gone = try await world.reconcile()
            #expect(gone.isBalanced)
            #expect(try world.line(.refund, of: gone).here == ReconciliationSum.of(1, 980))
            #expect(await world.status(order, by: buyer) == "refunded")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `each row belongs to the period of Stripe's time, however late it was recorded`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            world.loseEvents()
            let (order, intent) = try await world.buy(by: buyer)
            let chargedAt = world.clock.now()
            world.clock.advance(by: .seconds(3 * 3600))
            #expect(await world.receive(try #require(try await world.event("payment_intent.succeeded"))).status == 200)
            let recordedAt = world.clock.now()
            _ = (order, intent)
            let early = try #require(
                ReconciliationPeriod(since: chargedAt, until: chargedAt.adding(.seconds(3600))))
            let late = try #require(
                ReconciliationPeriod(since: recordedAt.adding(.seconds(-60)), until: recordedAt.adding(.seconds(1))))
            let first = try await world.app.reconciliation.run(early)
            #expect(first.isBalanced)
            #expect(try world.line(.charge, of: first).here.rows == 1)
            let second = try await world.app.reconciliation.run(late)
            #expect(second.isBalanced)
            #expect(second.lines.isEmpty)
        }
    }
}

extension ReconciliationSum {
    /// So many rows of so much.
    fileprivate static func of(_ rows: Int64, _ amountMinor: Int64) -> ReconciliationSum {
        ReconciliationSum(rows: rows, amountMinor: amountMinor)
    }
}

extension String {
    /// Twelve hexadecimal digits, the same for the same text.
    fileprivate var hashOfText: String {
        let hash = utf8.reduce(UInt64(5381)) { ($0 &* 33) ^ UInt64($1) }
        let digits = String(hash, radix: 16)
        return String((String(repeating: "0", count: 12) + digits).suffix(12))
    }
}
