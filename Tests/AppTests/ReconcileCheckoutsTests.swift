import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import Payments
import StripeSandbox
import Testing

/// Law 8 for payment pages: what became of them is found out from the objects alone, when no event ever told.
@Suite struct ReconcileCheckoutsTests {
    private static let device = "device-0001"

    /// Reconciles without the help of events, and holds the statement.
    private func healed(_ world: World) async throws -> ReconciliationStatement {
        try await world.forgetEvents()
        let statement = try await world.reconcile()
        #expect(statement.isBalanced)
        return statement
    }

    /// A second run finds nothing to do.
    private func expectNothingLeft(_ world: World) async throws {
        let again = try await world.reconcile()
        #expect(again.isBalanced)
        #expect(again.actions[.pagesApplied] == nil)
        #expect(again.actions[.chargesRecorded] == nil)
        try await world.expectBooks()
    }

    @Test(arguments: TestEngine.all, ["daypass", "license"])
    func `a paid page unlocks its device`(engine: TestEngine, product: String) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.loseEvents()
            let purchase = try await world.begin(Self.device, product)
            try await world.payPage(purchase)
            let statement = try await healed(world)
            let line = try world.line(.charge, of: statement)
            #expect(line.here == ReconciliationSum(rows: 1, amountMinor: purchase.price))
            #expect(line.atStripe == line.here)
            #expect(await world.device(Self.device)["unlocked"] == true)
            #expect(await world.device(Self.device)["pending_purchases"] == [])
            let confirmed = try await world.confirm(purchase)
            #expect(confirmed.status == 200)
            try await expectNothingLeft(world)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a page that is over closes its purchase, and another can begin`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.loseEvents()
            let purchase = try await world.begin(Self.device, "daypass")
            _ = try await world.atStripe("POST", "/v1/checkout/sessions/\(purchase.session)/expire")
            let statement = try await healed(world)
            #expect(statement.actions == [.pagesApplied: 1])
            let over = try await world.count("checkout_sessions", where: "state = 'expired'")
            #expect(over == 1)
            let canceled = try await world.count("orders", where: "status = 'canceled'")
            #expect(canceled == 1)
            #expect(await world.device(Self.device)["pending_purchases"] == [])
            try await expectNothingLeft(world)
            let next = try await world.begin(Self.device, "daypass")
            #expect(next.session != purchase.session)
        }
    }

    @Test(arguments: TestEngine.all, [true, false])
    func `money that comes later: waited for, and then delivered (S4-CONF-10)`(
        engine: TestEngine, comes: Bool
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.loseEvents()
            let purchase = try await world.begin(Self.device, "daypass")
            try await world.payPage(purchase, ["method": "konbini"])
            let statement = try await healed(world)
            #expect(statement.actions == [.pagesApplied: 1])
            #expect(await world.device(Self.device)["pending_purchases"]?[0]?["state"] == "processing")
            // It still waits: nothing to do.
            try await expectNothingLeft(world)
            try await world.settle(purchase, comes ? "paid" : "failed")
            _ = try await healed(world)
            let device = await world.device(Self.device)
            #expect(device["unlocked"] == .bool(comes))
            #expect(device["pending_purchases"] == [])
            let ended = try await world.count(
                "checkout_sessions", where: "state IN ('paid', 'failed') AND undelivered_at_ms IS NULL")
            #expect(ended == 1)
            try await expectNothingLeft(world)
        }
    }

    @Test(arguments: TestEngine.all)
    func `money that did not come, when nothing at all was told, closes the purchase`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.loseEvents()
            let purchase = try await world.begin(Self.device, "license")
            try await world.payPage(purchase, ["method": "konbini"])
            try await world.settle(purchase, "failed")
            let statement = try await healed(world)
            #expect(statement.actions[.pagesApplied] == 1)
            let failed = try await world.count("checkout_sessions", where: "state = 'failed'")
            #expect(failed == 1)
            let confirmed = try await world.confirm(purchase)
            #expect(confirmed.code == "purchase_closed")
            try await expectNothingLeft(world)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an open page of an order that is closed here is closed at Stripe`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.loseEvents()
            let purchase = try await world.begin(Self.device, "daypass")
            let waiting = try await world.begin("device-0002", "daypass")
            // As after a restored backup.
            let order = try await world.orderID(of: purchase)
            try await world.alter("UPDATE orders SET status = 'canceled', canceled_at_ms = 1 WHERE id = \(order)")
            try await world.alter("UPDATE pass_purchases SET state = 'closed' WHERE order_id = \(order)")
            let statement = try await healed(world)
            #expect(statement.actions == [.pagesApplied: 1])
            let open = try await world.openPages()
            #expect(open == [waiting.session])
            let over = try await world.count("checkout_sessions", where: "state = 'expired'")
            #expect(over == 1)
            try await expectNothingLeft(world)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an open page of an order that is not here is told to a person`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.loseEvents()
            let purchase = try await world.begin(Self.device, "daypass")
            let page = try await world.page(purchase)
            let installation = try #require(page["metadata"]?["kessai_installation"]?.string)
            let made = try await world.atStripe(
                "POST", "/v1/checkout/sessions",
                """
                mode=payment&success_url=https://kessai.test/&line_items[0][quantity]=1\
                &line_items[0][price_data][currency]=jpy&line_items[0][price_data][unit_amount]=500\
                &line_items[0][price_data][product_data][name]=Lost\
                &metadata[order_id]=0198c0de-0000-7000-8000-000000000001&metadata[kessai_installation]=\(installation)
                """)
            let lost = try #require(made["id"]?.string, "\(made.text())")
            let statement = try await healed(world)
            #expect(statement.actions.isEmpty)
            let findings = world.logs.lines(of: "reconciliation_finding")
            #expect(findings.count == 1)
            let rows = try await world.database.read { tx in
                try tx.rows("SELECT stripe_id, kind, amount_minor FROM reconciliation_findings").map {
                    "\(try $0.text("stripe_id")) \(try $0.text("kind")) \(try $0.int("amount_minor"))"
                }
            }
            #expect(rows == ["\(lost) order_unknown 500"])
            let open = try await world.openPages()
            #expect(Set(open) == [lost, purchase.session])
        }
    }

    @Test(arguments: TestEngine.all)
    func `a dry run tells of every page and changes none`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.loseEvents()
            let paid = try await world.begin(Self.device, "daypass")
            try await world.payPage(paid)
            let over = try await world.begin("device-0002", "daypass")
            _ = try await world.atStripe("POST", "/v1/checkout/sessions/\(over.session)/expire")
            let later = try await world.begin("device-0003", "license")
            try await world.payPage(later, ["method": "konbini"])
            try await world.forgetEvents()
            let statement = try await world.reconcile(isDryRun: true)
            #expect(statement.actions == [.chargesRecorded: 1, .pagesApplied: 3])
            #expect(!statement.isBalanced)
            let open = try await world.count("checkout_sessions", where: "state = 'open'")
            #expect(open == 3)
            let pending = try await world.count("orders", where: "status = 'pending'")
            #expect(pending == 3)
            #expect(await world.device(Self.device)["unlocked"] == false)
            let statementAfter = try await world.reconcile()
            #expect(statementAfter.isBalanced)
            // The paid one's charge comes first, and takes its page along.
            #expect(statementAfter.actions == [.chargesRecorded: 1, .pagesApplied: 2])
            #expect(await world.device(Self.device)["unlocked"] == true)
            try await expectNothingLeft(world)
        }
    }

    /// S4-CONF-09.
    @Test(arguments: TestEngine.all)
    func `a page that cannot be applied keeps no other waiting, and is remembered`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.loseEvents()
            var purchases: [BegunPurchase] = []
            for device in ["device-0002", "device-0001", "device-0003"] {
                purchases.append(try await world.begin(device, "daypass"))
            }
            for purchase in purchases { try await world.payPage(purchase) }
            let over = try await world.begin("device-0004", "daypass")
            _ = try await world.atStripe("POST", "/v1/checkout/sessions/\(over.session)/expire")
            try await world.forgetEvents()
            try await world.breakDevice("device-0001")
            let statement = try await world.reconcile()
            #expect(!statement.isBalanced)
            #expect(statement.differences.count == 1)
            #expect(statement.actions == [.chargesRecorded: 2, .pagesApplied: 1])
            for device in ["device-0002", "device-0003"] {
                #expect(await world.device(device)["unlocked"] == true)
            }
            #expect(await world.device("device-0004")["pending_purchases"] == [])
            let stuck = await world.device(Self.device)
            #expect(stuck["unlocked"] == false)
            #expect(stuck["pending_purchases"]?[0]?["state"] == "delivery_pending")
            try await world.mendDevices()
            let mended = try await world.reconcile()
            #expect(mended.isBalanced)
            #expect(await world.device(Self.device)["unlocked"] == true)
            #expect(await world.device(Self.device)["pending_purchases"] == [])
            try await expectNothingLeft(world)
        }
    }
}
