import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

/// Law 5 and S3-HOOK: every signed event once, stored and applied together, or not acknowledged.
@Suite struct InboxTests {
    /// A world with an order that Stripe has charged, and its event.
    private func charged(
        _ world: World
    ) async throws -> (buyer: Person, order: PlacedOrder, event: JSONValue) {
        try await world.stockShop()
        let buyer = try await world.buyer()
        let order = try await world.order(by: buyer)
        try await world.confirm(try await world.openPayment(order, by: buyer))
        return (buyer, order, try #require(try await world.event("payment_intent.succeeded")))
    }

    @Test(
        arguments: TestEngine.all,
        ["/api/webhook/stripe/", "/api/webhook/stripe", "/webhooks/stripe", "/api/payments/webhook"])
    func
        `every path reaches the one inbox, with and without its slash (GEN-03, S1-API-02, S1-API-03, S2-HOOK-01, S3-API-03)`(
            engine: TestEngine, path: String
        ) async throws
    {
        try await World.run(on: engine) { world in
            let (buyer, order, event) = try await charged(world)
            #expect(await world.receive(event, at: path).status == 200)
            #expect(await world.status(order, by: buyer) == "paid")
        }
    }

    @Test(arguments: TestEngine.all)
    func `an event that comes again, also by another path, changes nothing (GEN-03, S2-HOOK-02, S3-HOOK-06)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            let (_, _, event) = try await charged(world)
            #expect(await world.receive(event)["actions"]?[0]?["action"]?.string == "order_paid")
            for path in ["/webhooks/stripe", "/api/payments/webhook", "/api/webhook/stripe"] {
                let again = await world.receive(event, at: path)
                #expect(again.status == 200)
                #expect(again["actions"]?[0]?["result"]?.string == "repeated")
            }
            try await world.work()
            #expect(world.mailbox.mails.count == 1)
            #expect(try await world.count("webhook_events") == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `one event at two nodes at the same moment is applied once (law 4)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let (_, _, event) = try await charged(world)
            let second = try await world.anotherNode()
            await withTaskGroup(of: Void.self) { group in
                for node in [world, second, world, second, world, second] {
                    group.addTask { #expect(await node.receive(event).status == 200) }
                }
            }
            #expect(try await world.count("payments") == 1)
            #expect(try await world.count("shop_deliveries") == 1)
            #expect(try await world.count("webhook_events") == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `two different events for one payment pay once (law 2)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let (buyer, order, event) = try await charged(world)
            #expect(await world.receive(event).status == 200)
            let other = await world.receive(event.changing("id", to: "evt_other"))
            #expect(other["actions"]?[0]?["action"]?.string == "already_paid")
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a missing, wrong, old or early signature is refused and nothing changes (S3-HOOK-04, S1-DISP-05)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            let (buyer, order, event) = try await charged(world)
            let replies = [
                await world.send("POST", "/api/payments/webhook", body: event),
                await world.receive(event, secret: "whsec_of_somebody_else"),
                await world.receive(event, secret: ""),
                await world.receive(event, ageSeconds: 301), await world.receive(event, ageSeconds: -301),
            ]
            for reply in replies {
                #expect(reply.status == 400)
                #expect(reply.code == "webhook_signature_invalid")
            }
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            #expect(try await world.count("webhook_events") == 0)
        }
    }

    @Test(arguments: TestEngine.all)
    func `without a webhook secret every webhook is refused (S3-CONF-03, law 13)`(engine: TestEngine) async throws {
        var options = World.Options()
        options.environment["STRIPE_WEBHOOK_SECRET"] = ""
        try await World.run(on: engine, options) { world in
            let event = World.event("payment_intent.succeeded", object: [:])
            for secret in ["", World.webhookSecret.reveal()] {
                let reply = await world.receive(event, secret: secret)
                #expect(reply.status == 503)
                #expect(reply.code == "webhooks_not_configured")
            }
            let stored = try await world.count("webhook_events")
            #expect(stored == 0)
        }
    }

    @Test(arguments: TestEngine.all)
    func `several secrets are accepted while one is rolled`(engine: TestEngine) async throws {
        var options = World.Options()
        options.environment["STRIPE_WEBHOOK_SECRET"] = "whsec_new, \(World.webhookSecret.reveal())"
        try await World.run(on: engine, options) { world in
            let event = World.event("customer.created", object: [:])
            #expect(await world.receive(event).status == 200)
            #expect(await world.receive(event.changing("id", to: "evt_2"), secret: "whsec_new").status == 200)
        }
    }

    @Test(arguments: TestEngine.all)
    func `signed bytes that are no event are refused`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            for body in [[:], ["type": "charge.refunded"], [1, 2], "text"] as [JSONValue] {
                #expect(await world.receive(body).code == "webhook_malformed")
            }
        }
    }

    @Test(arguments: TestEngine.all)
    func `an event of live mode is kept and not applied in test mode`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let (buyer, order, event) = try await charged(world)
            let reply = await world.receive(event.changing("livemode", to: true))
            #expect(reply.status == 200)
            #expect(reply["actions"]?[0]?["action"]?.string == "other_environment")
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            #expect(try await world.count("webhook_events", where: "state = 'ignored'") == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func
        `foreign objects, other installations, subscriptions and unknown types are acknowledged and kept (GEN-04, S1-DISP-04, S3-HOOK-05)`(
            engine: TestEngine
        ) async throws
    {
        try await World.run(on: engine) { world in
            let (buyer, order, event) = try await charged(world)
            let foreign = event.changing("data", "object", "metadata", to: [:])
                .changing("data", "object", "id", to: "pi_foreign")
            let cases: [(JSONValue, String)] = [
                (foreign, "foreign_object"),
                (
                    event.changing("data", "object", "metadata", "kessai_installation", to: "other"),
                    "other_installation"
                ), (event.changing("data", "object", "invoice", to: "in_1"), "subscription_payment"),
                (event.changing("type", to: "payment_intent.made_of_cheese"), "unhandled_type"),
            ]
            for (index, (event, word)) in cases.enumerated() {
                let reply = await world.receive(event.changing("id", to: .string("evt_case_\(index)")))
                #expect(reply.status == 200)
                #expect(reply["actions"]?[0]?["action"]?.string == word)
            }
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            #expect(try await world.count("webhook_events", where: "state = 'ignored'") == 4)
            let lines = world.logs.lines(of: "event_ignored").suffix(4)
            #expect(lines.compactMap { $0["outcome"] } == cases.map { .string($0.1) })
            #expect(lines.allSatisfy { $0.level == .info })
        }
    }

    @Test(arguments: TestEngine.all)
    func `an event before its order's own commit waits and is applied afterwards (GEN-06, S1-DISP-11)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            let (buyer, order, event) = try await charged(world)
            // As if the order were not committed yet: its id is another's until then.
            let early = event.changing(
                "data", "object", "metadata", "order_id", to: "019aa000-0000-7000-8000-000000000001"
            )
            .changing("data", "object", "id", to: "pi_early")
            let reply = await world.receive(early)
            #expect(reply.status == 200)
            #expect(reply["status"]?.string == "waiting")
            try await world.alter(
                """
                INSERT INTO orders (id, seller, user_id, total_minor, currency, status, created_at_ms, expires_at_ms)
                VALUES ('019aa000-0000-7000-8000-000000000001', 'shop', \(buyer.id), 980, 'jpy', 'pending', 1, 9999999999999)
                """)
            world.clock.advance(by: .seconds(10))
            try await world.work()
            let late = await world.send(
                "GET", "/api/orders/019aa000-0000-7000-8000-000000000001", token: buyer.token)
            #expect(late["status"]?.string == "paid")
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
        }
    }

    @Test(arguments: TestEngine.all)
    func `an event whose order never comes ends as a dead letter that an operator can replay (law 5)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            let (buyer, _, event) = try await charged(world)
            let chief = try await world.operator()
            let lost = event.changing(
                "data", "object", "metadata", "order_id", to: "019aa000-0000-7000-8000-000000000002"
            )
            .changing("data", "object", "id", to: "pi_lost")
            #expect(await world.receive(lost).status == 200)
            for _ in 0..<40 {
                world.clock.advance(by: .seconds(8 * 3600))
                try await world.work()
            }
            #expect(try await world.count("webhook_events", where: "state = 'dead'") == 1)
            let letters = await world.send(
                "GET", "/api/admin/dead-letters", token: (try await relogin(world, chief)).token)
            let letter = try #require(letters["data"]?[0])
            #expect(letter["kind"]?.string == "payments.apply_event")
            try await world.alter(
                """
                INSERT INTO orders (id, seller, user_id, total_minor, currency, status, created_at_ms, expires_at_ms)
                VALUES ('019aa000-0000-7000-8000-000000000002', 'shop', \(buyer.id), 980, 'jpy', 'pending', 1, 99999999999999)
                """)
            let replay = await world.send(
                "POST", "/api/admin/dead-letters/\(letter["id"]?.string ?? "")/replay",
                token: (try await relogin(world, chief)).token)
            #expect(replay.status == 200)
            try await world.work()
            #expect(
                try await world.count(
                    "orders", where: "status = 'paid' AND id = '019aa000-0000-7000-8000-000000000002'") == 1)
            #expect(try await world.count("webhook_events", where: "state = 'dead'") == 0)
        }
    }

    private func relogin(_ world: World, _ person: Person) async throws -> Person {
        try await world.again("operator@example.com")
    }

    @Test(arguments: TestEngine.all)
    func `while the database is away nothing is acknowledged, and the repeat is applied (law 5)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(database: faulty, clock: world.clock, sandbox: world.sandbox)
            let (buyer, order, event) = try await charged(node)
            faulty.goAway()
            let reply = await node.receive(event)
            #expect(reply.status == 503)
            #expect(reply.headers["Retry-After"] != nil)
            let line = node.logs.lines(of: "event_not_stored").last
            #expect(line?.level == .error)
            #expect(line?["event_id"] == .string(event["id"]?.string ?? "?"))
            faulty.comeBack()
            #expect(try await world.count("webhook_events") == 0)
            #expect(await node.receive(event).status == 200)
            #expect(await node.status(order, by: buyer) == "paid")
            try await node.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a commit of which nobody knows is not acknowledged, and the repeat is harmless`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            let faulty = FaultyDatabase(world.database)
            let node = try await World.make(database: faulty, clock: world.clock, sandbox: world.sandbox)
            let (buyer, order, event) = try await charged(node)
            faulty.loseNextCommit()
            #expect(await node.receive(event).status == 503)
            #expect(await node.receive(event)["actions"]?[0]?["result"]?.string == "repeated")
            #expect(await node.status(order, by: buyer) == "paid")
            try await node.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a fulfilment that fails leaves the order unpaid, keeps the event, and succeeds later (law 4)`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            let (buyer, order, event) = try await charged(world)
            // A delivery that is there already makes the shop's own insert fail.
            try await world.alter(
                "INSERT INTO shop_deliveries (order_id, delivered_at_ms) VALUES (\(order.id), 1)")
            let reply = await world.receive(event)
            #expect(reply.status == 200)
            #expect(reply["status"]?.string == "waiting")
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            #expect(try await world.count("payments") == 0)
            #expect(world.logs.lines(of: "event_not_applied").first?.level == .error)
            try await world.alter("DELETE FROM shop_deliveries")
            world.clock.advance(by: .seconds(10))
            try await world.work()
            #expect(await world.status(order, by: buyer) == "paid")
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `the order of events does not matter: a refund before its payment (law 6, GEN-06)`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            let (buyer, order, paid) = try await charged(world)
            let intent = try #require(paid["data"]?["object"]?["id"]?.string)
            _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)&amount=300")
            let refund = try #require(try await world.event("refund.created"))
            let charge = try #require(try await world.event("charge.refunded"))
            #expect(await world.receive(charge)["status"]?.string == "waiting")
            #expect(await world.receive(refund)["status"]?.string == "waiting")
            #expect(await world.receive(paid)["status"]?.string == "success")
            world.clock.advance(by: .seconds(10))
            try await world.work()
            #expect(await world.status(order, by: buyer) == "partially_refunded")
            try await world.expectBooks()
        }
    }

    @Test(arguments: ["2024-06-20", "2025-03-31.basil", "2026-10-28.endive"])
    func `events of every shape are read (S1-DISP-06)`(version: String) async throws {
        var options = World.Options()
        options.eventVersion = version
        try await World.run(on: .sqlite, options) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let (order, _) = try await world.buy(by: buyer)
            #expect(await world.status(order, by: buyer) == "paid")
        }
    }

    @Test func `the health of webhooks is told (S1-API-01)`() async throws {
        try await World.run(on: .sqlite) { world in
            let reply = await world.send("GET", "/api/webhook/health")
            #expect(reply.status == 200)
            #expect(reply.json == ["status": "ok"])
        }
    }
}
