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

/// Runs: one at a time, interrupted, repeated, dry, scheduled.
@Suite struct ReconciliationRunTests {
    /// A world in which a charge, a refund, an answer and a cancellation were missed.
    private func missed(_ world: World) async throws -> (buyer: Person, paid: PlacedOrder, refunded: PlacedOrder) {
        try await world.stockShop()
        let buyer = try await world.buyer()
        let (refunded, intent) = try await world.buy(by: buyer)
        world.loseEvents()
        _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)")
        let (paid, _) = try await world.buy(by: buyer)
        let unknown = try await world.order(by: buyer)
        world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/payment_intents"))
        _ = await world.intent(unknown, by: buyer)
        let canceled = try await world.order(by: buyer)
        _ = try await world.openPayment(canceled, by: buyer)
        try await world.alter(
            "UPDATE orders SET status = 'canceled', canceled_at_ms = created_at_ms WHERE id = \(canceled.id)")
        world.clock.advance(by: .seconds(120))
        return (buyer, paid, refunded)
    }

    /// Every row of every table that a run could touch, as text.
    private func everything(_ world: World) async throws -> [String] {
        try await world.database.read { tx in
            try [
                "orders", "payments", "payment_attempts", "refunds", "journal_entries", "postings", "order_history",
                "webhook_events", "jobs", "reviews", "disputes", "outbox", "reconciliation_runs",
                "reconciliation_objects", "reconciliation_findings", "reconciliation_statements",
            ].flatMap { table in
                let rows = try tx.rows(SQL(unsafe: "SELECT t.* FROM \(table) t"))
                return rows.map { "\(table) \($0)" }.sorted()
            }
        }
    }

    @Test(arguments: TestEngine.all)
    func `a dry run tells what it would do, and changes nothing, here or at Stripe`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let (buyer, paid, _) = try await missed(world)
            let before = try await everything(world)
            let stateBefore = try await world.atStripe("GET", "/_sandbox/state")
            let dry = try await world.reconcile(isDryRun: true)
            #expect(try await everything(world) == before)
            let stateAfter = try await world.atStripe("GET", "/_sandbox/state")
            #expect(stateAfter.changing("time", to: nil) == stateBefore.changing("time", to: nil))
            #expect(dry.isDryRun)
            #expect(!dry.isBalanced)
            #expect(try world.line(.charge, of: dry).onlyAtStripe == 1)
            #expect(dry.differences.map(\.reason) == ["not_recorded", "not_applied_yet"])
            #expect(dry.actions[.chargesRecorded] == 1)
            #expect(dry.actions[.refundsApplied] == 1)
            #expect(dry.actions[.outcomesResolved] == 1)
            #expect(dry.actions[.intentsCanceled] == 1)
            #expect(dry.table.hasPrefix("dry run"))
            #expect(await world.status(paid, by: buyer) == "awaiting_payment")
            // What it told, a run does.
            #expect(try await world.reconcile().isBalanced)
            try await world.work()
            // The intent that was canceled has an event of its own, which is lost too.
            #expect(try await world.reconcile().actions == [.eventsTaken: 1])
            let after = try await world.reconcile(isDryRun: true)
            #expect(after.isBalanced)
            #expect(after.actions.isEmpty)
        }
    }

    @Test(arguments: TestEngine.all)
    func `several nodes at once: one runs, and everything is healed once`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let (buyer, paid, refunded) = try await missed(world)
            var nodes = [world]
            for seed in 1...3 { nodes.append(try await world.anotherNode(seed: UInt64(seed) * 1000)) }
            let statements = try await withThrowingTaskGroup(of: ReconciliationStatement?.self) { group in
                for node in nodes {
                    group.addTask {
                        do {
                            return try await node.reconcile()
                        } catch is ReconciliationUnderWay {
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let drawn = statements.compactMap { $0 }
            #expect(!drawn.isEmpty)
            #expect(drawn.filter { !$0.isBalanced }.isEmpty)
            #expect(try await world.count("reconciliation_statements") == Int64(drawn.count))
            #expect(drawn.reduce(0) { $0 + ($1.actions[.eventsTaken] ?? 0) } > 0)
            #expect(await world.status(paid, by: buyer) == "paid")
            #expect(await world.status(refunded, by: buyer) == "refunded")
            #expect(try await world.count("payments") == 2)
            #expect(try await world.count("reconciliation_objects") == 0)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a run that was lost with its process holds others up for its lease only`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            _ = try await missed(world)
            let now = world.clock.now()
            try await world.alter(
                """
                INSERT INTO reconciliation_runs (id, state, since_ms, until_ms, phase, objects, started_at_ms,
                    locked_until_ms)
                VALUES ('lost', 'running', 0, 1, 'charges', 100, \(now), \(now.adding(.seconds(300))))
                """)
            await #expect(throws: ReconciliationUnderWay(until: now.adding(.seconds(300)))) {
                try await world.reconcile()
            }
            // A dry run waits for nobody.
            #expect(try await world.reconcile(isDryRun: true).isBalanced == false)
            world.clock.advance(by: .seconds(300))
            #expect(try await world.reconcile().isBalanced)
            #expect(try await world.count("reconciliation_runs", where: "state = 'interrupted'") == 1)
            #expect(try await world.count("reconciliation_runs", where: "state = 'finished'") == 1)
        }
    }

    @Test func `a run that has lost its lease stops, and draws up no statement`() async throws {
        try await World.run(on: .sqlite) { world in
            _ = try await missed(world)
            try await world.alter(
                """
                CREATE TRIGGER steal AFTER UPDATE OF phase ON reconciliation_runs WHEN NEW.phase = 'charges' BEGIN
                    UPDATE reconciliation_runs SET state = 'interrupted', ended_at_ms = 1 WHERE id = NEW.id; END
                """)
            await #expect(throws: ReconciliationUnderWay(until: nil)) { try await world.reconcile() }
            #expect(try await world.count("reconciliation_statements") == 0)
            try await world.alter("DROP TRIGGER steal")
            #expect(try await world.reconcile().isBalanced)
        }
    }

    @Test func `Stripe being away is told, and leaves no dead letter; a key that it refuses does`() async throws {
        try await World.run(on: .sqlite) { world in
            world.sandbox.add(StripeSandboxFault(.outage, path: "/v1/events", times: nil))
            for _ in 0..<8 {
                world.clock.advance(by: .seconds(1200))
                try await world.work()
            }
            #expect(world.logs.lines(of: "reconciliation_interrupted").count > 2)
            #expect(try await world.count("jobs", where: "state = 'dead'") == 0)
        }
        var options = World.Options()
        options.environment["STRIPE_SECRET_KEY"] = "sk_test_another"
        try await World.run(on: .sqlite, options) { world in
            for _ in 0..<8 {
                world.clock.advance(by: .seconds(1200))
                try await world.work()
            }
            #expect(try await world.count("jobs", where: "state = 'dead' AND kind = 'payments.reconcile'") > 0)
        }
    }

    @Test(arguments: TestEngine.all, ["/v1/events", "/v1/charges", "/v1/refunds", "/v1/payment_intents"])
    func `a run that is interrupted is begun anew and ends as if it had not been`(
        engine: TestEngine, path: String
    ) async throws {
        try await World.run(on: engine) { world in
            let (buyer, paid, refunded) = try await missed(world)
            world.sandbox.add(StripeSandboxFault(.outage, method: "GET", path: path, times: nil))
            await #expect(throws: (any Error).self) { try await world.reconcile() }
            #expect(try await world.count("reconciliation_runs", where: "state = 'interrupted'") == 1)
            #expect(try await world.count("reconciliation_objects") == 0)
            #expect(try await world.count("reconciliation_statements") == 0)
            world.sandbox.clearFaults()
            // At once: an interrupted run leaves no lease behind.
            #expect(try await world.reconcile().isBalanced)
            #expect(await world.status(paid, by: buyer) == "paid")
            #expect(await world.status(refunded, by: buyer) == "refunded")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a run whose database goes away leaves nothing half done`(engine: TestEngine) async throws {
        let clock = ManualClock()
        try await withDatabase(engine, migrations: KessaiApp.migrations, clock: clock) { database in
            let faulty = FaultyDatabase(database)
            let world = try await World.make(database: faulty, clock: clock)
            let (_, paid, refunded) = try await missed(world)
            var interruptions = 0
            for writes in 0..<60 {
                faulty.goAway(afterWrites: writes)
                do {
                    let statement = try await world.reconcile()
                    #expect(statement.isBalanced)
                    faulty.comeBack()
                    break
                } catch {
                    interruptions += 1
                    faulty.comeBack()
                    clock.advance(by: .seconds(301))
                }
            }
            #expect((3..<60).contains(interruptions))
            let buyer = try await world.again("buyer@example.com")
            #expect(await world.status(paid, by: buyer) == "paid")
            #expect(await world.status(refunded, by: buyer) == "refunded")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `it runs by itself every hour, on one node`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let other = try await world.anotherNode()
            let (_, paid, _) = try await missed(world)
            try await world.work()
            #expect(try await world.count("reconciliation_runs") == 0)
            world.clock.advance(by: .seconds(3600))
            try await world.work()
            try await other.work()
            #expect(try await world.count("reconciliation_runs", where: "state = 'finished'") == 1)
            #expect(try await world.count("jobs", where: "kind = 'payments.reconcile'") == 1)
            let again = try await world.again("buyer@example.com")
            #expect(await world.status(paid, by: again) == "paid")
            world.clock.advance(by: .seconds(3600))
            try await other.work()
            #expect(try await world.count("reconciliation_statements", where: "balanced = 1") == 2)
        }
    }

    @Test(arguments: TestEngine.all)
    func `statements are appended and never changed (law 10)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.reconcile()
            for sql: SQL in [
                "UPDATE reconciliation_statements SET balanced = 0", "DELETE FROM reconciliation_statements",
            ] {
                await #expect(throws: DatabaseError.self) { try await world.alter(sql) }
            }
        }
    }
}
