import AppTesting
import Database
import DatabaseTesting
import JSON
import Jobs
import Kernel
import KernelTesting
import KessaiApp
import Payments
import SQLiteDriver
import StripeSandbox
import Testing

@testable import Moving

/// An installation that began on a file goes on, on PostgreSQL, as if nothing had happened.
@Suite(.enabled(if: TestEngine.all.contains(.postgresql))) struct MovingStoryTests {
    /// What both worlds stand on.
    private struct Places {
        let path: String
        let before: World
        let target: any Database
        let options: World.Options

        func move() async throws -> MoveReport {
            let snapshot = try SQLiteSnapshot(ofFileAt: path)
            defer { snapshot.close() }
            return try await KessaiApp.move(from: snapshot, to: target, clock: before.clock).run()
        }

        /// The application on the target, with the same Stripe.
        func served() async throws -> World {
            try await World.make(
                database: target, clock: before.clock, options: options, sandbox: before.sandbox, seed: 815)
        }
    }

    private func run(_ body: (Places) async throws -> Void) async throws {
        let clock = ManualClock()
        let options = World.Options.passes()
        try await withTemporaryFolder { folder in
            let path = folder + "/shop.db"
            let file = try SQLiteDatabase(at: .file(path: path), clock: clock)
            _ = try await Migrator(database: file, migrations: KessaiApp.migrations, clock: clock).migrate()
            let world = try await World.make(database: file, clock: clock, options: options)
            try await world.stockShop()
            try await withDatabase(.postgresql, clock: clock) { target in
                try await body(Places(path: path, before: world, target: target, options: options))
            }
            await file.close()
        }
    }

    private func order(_ world: World, _ person: Person, key: String) async -> Reply {
        await world.send(
            "POST", "/api/orders", token: person.token, key: key,
            body: ["items": [["product_id": "tea", "quantity": 2]]])
    }

    @Test func `orders, money, tokens, keys and events go on where they were`() async throws {
        try await run { places in
            let before = places.before
            let buyer = try await before.buyer()
            let chief = try await before.operator()
            let paid = try await before.buy(2, by: buyer)
            let open = try await before.order(by: buyer)
            let openIntent = try await before.openPayment(open, by: buyer)
            let keyed = await order(before, buyer, key: "before-the-move")
            #expect(keyed.status == 201)
            #expect(await before.refund(paid.order, ["amount": 80], by: chief, key: "refund-before").status == 201)
            let disputed = try await before.order(by: buyer)
            let disputedIntent = try await before.openPayment(disputed, by: buyer)
            try await before.confirm(disputedIntent, card: "pm_card_createDispute")
            let pass = try await before.begin("device-0001", "license")
            let openPass = try await before.begin("device-0002", "daypass")
            try await before.payPage(pass)
            await before.deliver()
            before.clock.advance(by: .seconds(10))
            await before.deliver()
            #expect(try await before.confirm(pass).status == 200)
            // A worker that is gone took a mail, and an hour later still has it.
            try await before.alter(
                """
                UPDATE jobs SET state = 'running', locked_by = 'lost', attempt = 1, fence = 1,
                    locked_until_ms = \(before.clock.now().epochMs + 60_000)
                WHERE kind = 'outbox.deliver'
                """)
            #expect(try await before.count("jobs", where: "state = 'running'") > 0)

            let report = try await places.move()
            #expect(report.outcome == .copied)
            let sums = report.sums.map { "\($0.name) \($0.amountMinor) \($0.currency)" }
            #expect(sums == ["payments 7740 jpy", "refunds 80 jpy", "journal balance 0 jpy"])

            let after = try await places.served()
            // The old token, and the old password.
            #expect(await after.status(paid.order, by: buyer) == "partially_refunded")
            #expect(try await after.again("buyer@example.com").id == buyer.id)
            // A request that is repeated.
            let again = await order(after, buyer, key: "before-the-move")
            #expect(again.status == 201)
            #expect(again.json == keyed.json)
            let refundAgain = await after.refund(paid.order, ["amount": 80], by: chief, key: "refund-before")
            #expect(refundAgain.status == 201)
            // An event that is sent again.
            let events = try await after.count("webhook_events")
            let known = try #require(try await after.event("payment_intent.succeeded"))
            #expect(await after.receive(known).status == 200)
            #expect(try await after.count("webhook_events") == events)
            // An open order is paid, a page too, and an old payment goes back.
            try await after.confirm(openIntent)
            try await after.payPage(openPass)
            await after.deliver()
            #expect(await after.status(open, by: buyer) == "paid")
            #expect(try await after.confirm(openPass).status == 200)
            #expect(await after.refund(paid.order, by: chief).status == 201)
            #expect(await after.status(paid.order, by: buyer) == "refunded")
            // The next order has the next number, and the stock is what it was.
            let last = try #require(try await largestNumber(after))
            #expect(try await after.order(by: buyer).number == last + 1)
            // The lost worker's mail is sent once its lease is over.
            after.clock.advance(by: .seconds(120))
            try await after.work()
            try await after.work()
            #expect(try await after.count("jobs", where: "state = 'running'") == 0)
            #expect(!after.mailbox.mails.isEmpty)
            try await after.expectBooks()
            #expect(try await after.reconcile().isBalanced)
        }
    }

    private func largestNumber(_ world: World) async throws -> Int64? {
        try await world.database.read { tx in try tx.row("SELECT MAX(number) AS last FROM orders")?.intOrNil("last") }
    }

    @Test func `what Stripe told nobody while the copy ran is healed afterwards`() async throws {
        try await run { places in
            let buyer = try await places.before.buyer()
            let order = try await places.before.order(by: buyer)
            let intent = try await places.before.openPayment(order, by: buyer)
            _ = try await places.move()
            try await places.before.confirm(intent)
            let after = try await places.served()
            #expect(await after.status(order, by: buyer) == "awaiting_payment")
            try await after.reconcile()
            #expect(await after.status(order, by: buyer) == "paid")
            try await after.expectBooks()
        }
    }

    @Test func `a target that was served is refused, and one that was not may be moved into again`() async throws {
        try await run { places in
            let buyer = try await places.before.buyer()
            #expect(try await places.move().outcome == .copied)
            #expect(try await places.move().outcome == .unchanged)
            _ = try await places.before.buy(by: buyer)
            #expect(try await places.move().outcome == .copied)
            let after = try await places.served()
            _ = try await after.order(by: buyer)
            #expect(await failure { try await places.move() } as? MoveError == .targetInUse(since: after.clock.now()))
            #expect(try await after.count("orders") == 2)
        }
    }

    @Test func `a start alone takes the target into use, and a short command does not`() async throws {
        try await run { places in
            #expect(try await places.move().outcome == .copied)
            _ = try await World.make(
                database: places.target, clock: places.before.clock, options: places.options,
                sandbox: places.before.sandbox, seed: 816, takesIntoUse: false)
            #expect(try await places.move().outcome == .unchanged)
            let now = places.before.clock.now()
            #expect(try await MoveState.of(places.target) == .unserved(since: now))
            _ = try await places.served()
            #expect(try await MoveState.of(places.target) == .inUse(since: now))
            #expect(await failure { try await places.move() } as? MoveError == .targetInUse(since: now))
        }
    }

    @Test func `nobody serves a database that is not whole yet`() async throws {
        try await run { places in
            let snapshot = try SQLiteSnapshot(ofFileAt: places.path)
            defer { snapshot.close() }
            let move = KessaiApp.move(from: snapshot, to: places.target, clock: places.before.clock)
            let interrupted = await failure {
                try await move.run { progress in if progress.phase == .verify { throw CancellationError() } }
            }
            #expect(interrupted is CancellationError)
            let serving = await failure { try await places.served() }
            guard case DatabaseError.schemaMismatch(let text)? = serving else {
                Issue.record("\(String(describing: serving))")
                return
            }
            #expect(text.contains("kessai migrate --from"))
            #expect(try await places.move().outcome == .copied)
            let after = try await places.served()
            #expect(await after.teaLeft() == 100)
        }
    }

    @Test func `both engines have the same tables and columns, of kinds that are moved, and an order to fill them in`()
        async throws
    {
        try await withDatabase(.sqlite, migrations: KessaiApp.migrations) { file in
            try await withDatabase(.postgresql, migrations: KessaiApp.migrations) { server in
                let here = try await file.read { tx in try TableShape.all(in: tx) }
                let there = try await server.read { tx in try TableShape.all(in: tx) }
                #expect(TableShape.differences(here, there) == [])
                #expect(try TableShape.ordered(here).count == here.count)
                #expect(here.count > 20)
            }
        }
    }
}
