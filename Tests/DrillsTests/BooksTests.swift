import AppTesting
import Crypto
import Database
import DatabaseTesting
import Drills
import HTTP
import JSON
import Kernel
import KernelTesting
import KessaiApp
import Mail
import Testing

/// The check of the books finds nothing in good books, and each planted fault by its rule (laws 1 to 11): events once (GEN-03), the
/// order's own amount and customer (GEN-07, S3-FLOW-06, S3-NEXT-01), paid once and delivered once (S3-HOOK-06, S4-CONF-05),
/// refunds on both sides (S3-NEXT-02), a pass for its day in Tokyo (S4-DATA-01).
@Suite struct BooksTests {
    /// A fault, and the rule that must find it.
    struct Plant: Sendable, CustomTestStringConvertible {
        let rule: String
        var sql: [String] = []
        var change: (@Sendable (inout Books) -> Void)?
        var testDescription: String { rule }
    }

    /// An order that was paid, one that was given up, a pass and a refund; and what clients know of it.
    private func withBooks(
        on engine: TestEngine, _ body: (World, inout Books) async throws -> Void
    ) async throws {
        let options = World.Options.passes()
        try await World.run(on: engine, options) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let memory = Memory()
            for _ in 0..<3 { memory.wishOrder() }
            memory.wishPass()
            memory.wishRefund()
            let paid = try await world.order(2, by: buyer)
            let intent = try #require(await world.intent(paid, by: buyer)["payment_intent_id"]?.string)
            try await world.confirm(intent)
            let given = try await world.order(by: buyer)
            _ = await world.send("POST", "/api/orders/\(given.id)/cancel", token: buyer.token)
            let begun = try await world.begin("a-device-of-ours", "license")
            try await world.payPage(begun)
            await world.deliver()
            let chief = try await world.operator("chief")
            let refund = await world.send(
                "POST", "/api/admin/orders/\(paid.id)/refunds", token: chief.token, body: ["amount": 100])
            await world.deliver()
            try await world.work()
            try await world.alter(
                SQL(
                    unsafe: """
                        UPDATE products SET stock = \(Rules.stock) - (SELECT COALESCE(SUM(l.quantity), 0)
                            FROM order_lines l JOIN orders o ON o.id = l.order_id
                            WHERE l.product_id = products.id AND o.status <> 'canceled') WHERE stock IS NOT NULL
                        """))
            memory.learn(.ordered(order: paid.id, totalMinor: paid.total))
            memory.learn(.opened(order: paid.id, intent: intent, amountMinor: paid.total))
            memory.learn(.charged(intent: intent))
            memory.learn(.paid(order: paid.id))
            memory.learn(.canceled(order: given.id))
            memory.learn(.refunded(refund: refund["id"]?.string ?? "", order: paid.id, amountMinor: 100))
            memory.learn(
                .begun(reference: begun.reference, session: begun.session, priceMinor: 4800))
            memory.learn(.paidPage(session: begun.session))
            memory.learn(
                .confirmed(
                    reference: begun.reference, device: "a-device-of-ours", product: "license"))
            let stripe = SandboxControl(
                at: Settings.stripeOwnBase, via: world.stripe)
            let acknowledged = Acknowledged()
            await acknowledged.look(at: stripe)
            let names = world.mailbox.mails.map {
                Hex.encode(Digest.sha256(Array($0.dedupeKey.utf8))) + ".eml"
            }
            var books = try await Books(
                database: world.database, stripe: stripe, acknowledged: acknowledged.ids, mails: Set(names),
                memory: memory, now: world.clock.now())
            try await body(world, &books)
        }
    }

    @Test(arguments: TestEngine.all)
    func `good books break no rule`(engine: TestEngine) async throws {
        try await withBooks(on: engine) { _, books in
            #expect(books.charges.count == 2)
            #expect(books.refunds.count == 1)
            #expect(books.sessions.count == 1)
            #expect(books.acknowledged.count > 5)
            #expect(books.mails.count == 1)
            let violations = try await books.check()
            #expect(violations == [])
        }
    }

    @Test(arguments: plants)
    func `a planted fault is found`(plant: Plant) async throws {
        try await withBooks(on: .sqlite) { world, books in
            for statement in plant.sql { try await world.alter(SQL(unsafe: statement)) }
            plant.change?(&books)
            let broken = try await books.check().map(\.rule)
            #expect(broken.contains(plant.rule), "\(broken)")
        }
    }

    /// The first and the last millisecond of a day in Tokyo, and a day of a leap year.
    @Test(
        arguments: TestEngine.all,
        [(1_795_273_199_999, "2026-11-21"), (1_795_273_200_000, "2026-11-22"), (1_835_406_000_000, "2028-02-29")])
    func `a day pass of the right day breaks no rule about days`(
        engine: TestEngine, pass: (deliveredMs: Int64, day: String)
    ) async throws {
        try await withBooks(on: engine) { world, books in
            let change =
                "UPDATE pass_purchases SET delivered_at_ms = \(pass.deliveredMs), unlock_date = '\(pass.day)'"
            try await world.alter(SQL(unsafe: change))
            let broken = try await books.check().map(\.rule)
            #expect(!broken.contains("a day pass is for the day in Tokyo on which it was delivered"))
        }
    }

    @Test func `every rule is broken by a plant`() {
        #expect(Set(Rules.all.map(\.rule)) == Set(Self.plants.map(\.rule)))
    }

    @Test func `no two rules have one sentence`() {
        #expect(Set(Rules.all.map(\.rule)).count == Rules.all.count)
    }
}
