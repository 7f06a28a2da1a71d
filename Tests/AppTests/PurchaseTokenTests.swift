import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// Purchase tokens: whose they are, for what, how long, and how little is stored of them (S4-TOK-01 to S4-TOK-03).
@Suite struct PurchaseTokenTests {
    private static let device = "device-0001"

    /// A day pass that is paid, and its token.
    private func paid(_ world: World, _ product: String = "daypass") async throws -> String {
        let purchase = try await world.begin(Self.device, product)
        return try World.token(in: try await world.payPage(purchase))
    }

    @Test(arguments: TestEngine.all)
    func `another device's token is refused and changes nothing (S4-UI-02)`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let token = try await paid(world)
            let thief = await world.confirm(token, device: "device-0666", "daypass")
            #expect(thief.status == 403)
            #expect(thief.code == "purchase_token_of_another_device")
            #expect(await world.device("device-0666")["unlocked"] == false)
            #expect(await world.device(Self.device)["unlocked"] == false)
            #expect(await world.confirm(token, device: Self.device, "daypass").status == 200)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a token for another product is refused where it does not belong`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let token = try await paid(world, "license")
            let wrong = await world.confirm(token, device: Self.device, "daypass")
            #expect(wrong.status == 409)
            #expect(wrong.code == "purchase_token_of_another_product")
            #expect(await world.device(Self.device)["unlock_count"] == 0)
            #expect(await world.confirm(token, device: Self.device, "license").status == 200)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a token is good for two weeks, and what was paid stays on the device`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let token = try await paid(world, "license")
            await world.deliver()
            world.clock.advance(by: .seconds(14 * 86_400 - 1))
            #expect(await world.confirm(token, device: Self.device, "license").status == 200)
            world.clock.advance(by: .seconds(1))
            let late = await world.confirm(token, device: Self.device, "license")
            #expect(late.status == 410)
            #expect(late.code == "purchase_token_expired")
            #expect(await world.device(Self.device)["license_purchased"] == true)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a token that is over before the delivery opens nothing, and the event still delivers`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let token = try await paid(world, "license")
            world.clock.advance(by: .seconds(14 * 86_400))
            let late = await world.confirm(token, device: Self.device, "license")
            #expect(late.status == 410)
            #expect(late.code == "purchase_token_expired")
            #expect(await world.device(Self.device)["license_purchased"] == false)
            await world.deliver()
            #expect(await world.device(Self.device)["license_purchased"] == true)
            #expect(await world.confirm(token, device: Self.device, "license").status == 410)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, ["daypass", "license"])
    func `two devices with one token at once, and after it was delivered: it is its own device's`(
        engine: TestEngine, product: String
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let token = try await paid(world, product)
            for _ in 0..<2 {
                let replies = await withTaskGroup(of: (String, Reply).self) { group in
                    for device in ["device-0666", Self.device, "device-0666", Self.device] {
                        group.addTask { (device, await world.confirm(token, device: device, product)) }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                for (device, reply) in replies {
                    #expect(reply.status == (device == Self.device ? 200 : 403))
                    if device != Self.device { #expect(reply.code == "purchase_token_of_another_device") }
                }
                await world.deliver()
            }
            let thief = await world.device("device-0666")
            #expect(thief["unlocked"] == false)
            #expect(thief["unlock_count"] == 0)
            #expect(await world.device(Self.device)["unlocked"] == true)
            let delivered = try await world.count("pass_purchases", where: "state = 'delivered'")
            #expect(delivered == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `guessing is braked for the device, and its own token passes all the same`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let token = try await paid(world)
            for number in 0..<10 {
                let guess = await world.confirm("kpt_guess\(number)", device: Self.device, "daypass")
                #expect(guess.status == 404)
                #expect(guess.code == "purchase_token_unknown")
            }
            let braked = await world.confirm("kpt_guess", device: Self.device, "daypass")
            #expect(braked.status == 429)
            #expect(braked.code == "too_many_attempts")
            #expect(braked.headers["Retry-After"] == "900")
            #expect(await world.confirm(token, device: Self.device, "daypass").status == 200)
            world.clock.advance(by: .seconds(900))
            #expect(await world.confirm("kpt_guess", device: Self.device, "daypass").status == 404)
        }
    }

    /// S4-TOK-01: only its hash is kept, also of the events in which Stripe repeats the page's addresses.
    @Test(arguments: TestEngine.all)
    func `a token is in no table and in no log`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let purchase = try await world.begin(Self.device, "daypass")
            let token = try World.token(in: try await world.payPage(purchase))
            _ = await world.confirm(token, device: Self.device, "daypass")
            await world.deliver()
            try await world.work()
            let events = try await world.count("webhook_events", where: "type = 'checkout.session.completed'")
            #expect(events == 1)
            let secret = String(token.dropFirst(4))
            for table in [
                "pass_purchases", "devices", "checkout_sessions", "orders", "order_history", "jobs", "failure_counts",
            ] {
                let text = try await world.text(of: table)
                #expect(!text.contains(secret), "\(table)")
            }
            let payloads = try await world.database.read { tx in
                try tx.rows("SELECT payload FROM webhook_events").map {
                    String(decoding: try $0.blob("payload"), as: UTF8.self)
                }
            }
            #expect(payloads.contains { $0.contains("timekeeper://purchase?") })
            #expect(!payloads.joined().contains(secret))
            #expect(payloads.allSatisfy { (try? JSONValue(parsing: $0)) != nil })
            #expect(!"\(world.logs.lines)".contains(secret))
        }
    }

    /// Stripe's keys are rolled now and then; a page that was begun before and not made yet is not made with another token.
    @Test(arguments: TestEngine.all, [true, false])
    func `a page whose token cannot be made again is looked for, and given up when it is not there`(
        engine: TestEngine, wasMade: Bool
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            world.sandbox.add(
                StripeSandboxFault(wasMade ? .dropAnswer : .dropBefore, method: "POST", path: "/v1/checkout/sessions"))
            #expect(await world.checkout(Self.device, "daypass").status == 503)
            let rolled = try await World.make(
                database: world.database, clock: world.clock,
                options: .passes(["STRIPE_SECRET_KEY": "sk_test_rolled"]), sandbox: world.sandbox, seed: 7)
            let reply = await rolled.checkout(Self.device, "daypass")
            if wasMade {
                let purchase = try BegunPurchase(reply, device: Self.device, product: "daypass")
                try await world.payPage(purchase)
                #expect(try await rolled.confirm(purchase).status == 200)
            } else {
                #expect(reply.status == 502)
                _ = try await rolled.begin(Self.device, "daypass")
            }
            let sessions = try await world.listAtStripe("/v1/checkout/sessions")
            #expect(sessions.count == 1)
        }
    }

    @Test(arguments: [
        ("short", "daypass"), ("spaces in it", "daypass"), ("semi;colon00", "daypass"), ("日本語の端末です", "daypass"),
    ])
    func `what cannot name a device is refused`(device: String, product: String) async throws {
        try await World.run(on: .sqlite, .passes()) { world in
            let begun = await world.checkout(device, product)
            #expect(begun.status == 400)
            #expect(begun.code == "invalid_input")
            #expect(begun["errors"]?[0]?["field"] == "device_id")
            let confirmed = await world.confirm("kpt_x", device: device, product)
            #expect(confirmed.status == 400)
            let orders = try await world.count("orders")
            #expect(orders == 0)
        }
    }

    /// S4-SESS-05.
    @Test func `an unknown product and a missing device are refused by name`() async throws {
        try await World.run(on: .sqlite, .passes()) { world in
            let unknown = await world.checkout(Self.device, "weekpass")
            #expect(unknown.status == 400)
            #expect(unknown["errors"]?[0]?["field"] == "product_type")
            let missing = await world.send("POST", "/api/checkout/sessions", body: ["product_type": "daypass"])
            #expect(missing.status == 400)
            #expect(missing["errors"]?[0]?["field"] == "device_id")
        }
    }

    /// S4-URL-01: only configured addresses, so that nobody is sent elsewhere with a token.
    @Test func `a return address that is not configured is refused, a configured one is used`() async throws {
        try await World.run(on: .sqlite, .passes()) { world in
            for url in [
                "https://evil.example/", "timekeeper://purchase/..", "https://app.kessai.test/purchase?x=1",
                "https://app.kessai.test/purchase@evil.example",
            ] {
                let refused = await world.checkout(Self.device, "daypass", returnURL: url)
                #expect(refused.status == 400)
                #expect(refused["errors"]?[0]?["field"] == "return_url")
            }
            let reply = await world.checkout(
                Self.device, "daypass", returnURL: "https://app.kessai.test/purchase")
            #expect(reply.status == 201)
            let session = try await world.atStripe(
                "GET", "/v1/checkout/sessions/\(reply["session_id"]?.string ?? "")")
            #expect(session["success_url"]?.string?.hasPrefix("https://app.kessai.test/purchase?result=") == true)
        }
    }

    @Test func `an installation without prices sells no passes and says so`() async throws {
        try await World.run(on: .sqlite) { world in
            for reply in [
                await world.checkout(Self.device, "daypass"), await world.device(Self.device),
                await world.confirm("kpt_x", device: Self.device, "daypass"),
            ] {
                #expect(reply.status == 503)
                #expect(reply.code == "passes_not_configured")
            }
        }
    }
}
