import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import KessaiApp
import StripeSandbox
import Testing

/// GEN-14 and law 13: what is secret or personal is in no log line, no problem and no description of an error.
@Suite struct SecretTests {
    private static let password = "a long enough password"

    /// Everything that must not be seen.
    private func secrets(_ world: World, _ people: [Person]) async throws -> [String] {
        let intents = try await world.listAtStripe("/v1/payment_intents").compactMap { $0["client_secret"]?.string }
        try #require(!intents.isEmpty)
        return ["sk_test_kessai", World.webhookSecret.reveal(), Self.password, "@example.com", "_secret_"]
            + people.map(\.token) + intents
    }

    private func expectNone(of secrets: [String], in texts: [String], _ where: String) {
        for text in texts {
            for secret in secrets where text.contains(secret) {
                Issue.record("\(`where`) shows \(secret.prefix(8))…: \(text.prefix(300))")
            }
        }
    }

    /// A life with every kind of trouble.
    private func live(_ world: World) async throws -> [Person] {
        try await world.stockShop()
        let buyer = try await world.buyer()
        let chief = try await world.operator()
        let (order, _) = try await world.buy(by: buyer)
        try await world.work()
        _ = await world.refund(order, ["amount": 10], by: chief)
        _ = await world.send("POST", "/api/auth/login", body: ["email": "buyer@example.com", "password": "wrong"])
        _ = await world.send("POST", "/api/auth/login", body: ["email": "nobody@example.com", "password": "wrong"])
        _ = await world.send(
            "POST", "/api/auth/register", body: ["email": "buyer@example.com", "password": .string(Self.password)])
        _ = await world.send("GET", "/api/me", token: buyer.token + "x")
        _ = await world.send("GET", "/api/orders?token=\(buyer.token)", token: buyer.token)
        let declined = try await world.order(by: buyer)
        let intent = try await world.openPayment(declined, by: buyer)
        try await world.confirm(intent, card: "pm_card_visa_chargeDeclined")
        await world.deliver()
        for kind in [StripeSandboxFault.Kind.dropAnswer, .serverError, .rateLimit, .outage] {
            world.sandbox.add(StripeSandboxFault(kind, times: 1))
            _ = await world.intent(declined, by: buyer)
            world.sandbox.clearFaults()
        }
        let event = try #require(try await world.event("payment_intent.succeeded"))
        _ = await world.receive(event, secret: "whsec_wrong")
        _ = await world.receive(event.changing("id", to: "evt_a").changing("data", "object", "amount_received", to: 1))
        _ = await world.receive(event.changing("id", to: "evt_b").changing("data", "object", to: "text"))
        _ = try await world.payDirectly(declined, amount: 100)
        await world.deliver()
        return [buyer, chief]
    }

    @Test(arguments: TestEngine.all)
    func `no log line shows a secret or an address (GEN-14)`(engine: TestEngine) async throws {
        var options = World.Options()
        options.environment["STRIPE_CUSTOMER_CREATION"] = "registration"
        try await World.run(on: engine, options) { world in
            let people = try await live(world)
            let lines = world.logs.lines.map(\.json)
            #expect(lines.count > 40)
            expectNone(of: try await secrets(world, people), in: lines, "the log")
        }
    }

    @Test(arguments: TestEngine.all)
    func `nor do the history, the trail, the reviews and the jobs (GEN-14)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let people = try await live(world)
            let texts = try await world.database.read { tx in
                try tx.rows("SELECT detail AS text FROM order_history").map { try $0.text("text") }
                    + tx.rows("SELECT detail AS text FROM reviews").map { try $0.text("text") }
                    + tx.rows("SELECT COALESCE(after_json, '') AS text FROM audit_entries").map { try $0.text("text") }
                    + tx.rows("SELECT COALESCE(last_error, '') AS text FROM jobs").map { try $0.text("text") }
            }
            #expect(texts.count > 15)
            expectNone(of: try await secrets(world, people), in: texts, "a table")
        }
    }

    @Test(arguments: TestEngine.all)
    func `a database that names the row it refuses does not make us name it (GEN-14)`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            switch engine {
            case .postgresql: try await world.alter("ALTER TABLE users ADD CHECK (length(id) = 0) NOT VALID")
            case .sqlite:
                try await world.alter(
                    """
                    CREATE TRIGGER users_none BEFORE INSERT ON users
                    BEGIN SELECT RAISE(ABORT, 'no users'); END
                    """)
            }
            let reply = await world.send(
                "POST", "/api/auth/register",
                body: ["email": "somebody@example.com", "password": .string(Self.password), "name": "Some Body"])
            #expect(reply.status == 500)
            #expect(reply.code == "internal_error")
            let seen = world.logs.lines.map(\.json) + [reply.json.text()]
            expectNone(of: ["somebody@", Self.password, "Some Body", "$argon2"], in: seen, "the log")
        }
    }

    @Test func `settings and their errors describe no secret (law 13)`() throws {
        let secrets = ["sk_live_0123456789", "whsec_0123456789", "hunter2"]
        let environment = [
            "STRIPE_SECRET_KEY": secrets[0], "STRIPE_WEBHOOK_SECRET": secrets[1], "PUBLIC_URL": "https://kessai.test",
            "DATABASE_URL": "postgresql://kessai:\(secrets[2])@localhost/kessai",
        ]
        var reader = SettingsReader(file: .null, environment: environment)
        let settings = try reader.read().settings
        #expect(settings.stripeSecretKey.reveal() == secrets[0])
        var dumped = ""
        dump(settings, to: &dumped)
        var broken = environment
        for (name, value) in [
            ("STRIPE_SECRET_KEY", "wrong_" + secrets[0]), ("STRIPE_API_KEY", "other_" + secrets[0]),
            ("DATABASE_URL", "mysql://kessai:\(secrets[2])@localhost"), ("PORT", secrets[2]),
        ] { broken[name] = value }
        var faulty = SettingsReader(file: .null, environment: broken)
        let error = #expect(throws: SettingsError.self) { try faulty.read() }
        let texts = [
            dumped, String(describing: settings), String(reflecting: settings), error.map { "\($0)" } ?? "",
            String(reflecting: error), String(describing: faulty),
        ]
        expectNone(of: secrets, in: texts, "a description")
    }

    @Test func `answers with secrets stay in no cache`() async throws {
        try await World.run(on: .sqlite) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let login = await world.send(
                "POST", "/api/auth/login",
                body: ["email": "buyer@example.com", "password": .string(Self.password)])
            #expect(login.headers["Cache-Control"] == "no-store")
            let payment = await world.intent(try await world.order(by: buyer), by: buyer)
            #expect(payment.headers["Cache-Control"] == "no-store")
        }
    }
}
