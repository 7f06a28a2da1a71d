import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

/// Law 5: what is signed is kept, and what cannot be read is not tried for days.
@Suite struct UnreadableEventTests {
    private func deadLetters(_ world: World, by chief: Person) async -> [JSONValue] {
        await world.send("GET", "/api/admin/dead-letters", token: chief.token)["data"]?.array ?? []
    }

    @Test(arguments: TestEngine.all)
    func `an envelope that cannot be read is kept and a dead letter at once, with its reason`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            let chief = try await world.operator()
            let cases: [(JSONValue, String)] = [
                (["id": "evt_bare"], "event.created is missing"),
                (
                    ["id": "evt_words", "type": "charge.refunded", "created": "yesterday"],
                    "event.created has another type"
                ),
                (
                    World.event("charge.refunded", id: "evt_other", object: [:]).changing("object", to: "charge"),
                    "event.object has another type"
                ),
            ]
            for (event, _) in cases {
                let reply = await world.receive(event)
                #expect(reply.status == 200)
                #expect(reply["status"] == "dead")
                #expect(await world.receive(event)["actions"]?[0]?["result"] == "repeated")
            }
            #expect(try await world.count("webhook_events", where: "state = 'dead'") == 3)
            try await world.work()
            let letters = await deadLetters(world, by: chief)
            #expect(letters.count == 3)
            for (_, reason) in cases {
                #expect(letters.contains { $0["error"]?.string?.contains(reason) == true })
            }
            #expect(world.logs.lines(of: "event_unreadable").first?.level == .error)
            // A replay reads it again, and no more than once.
            let path = "/api/admin/dead-letters/\(letters[0]["id"]?.string ?? "")/replay"
            #expect(await world.send("POST", path, token: chief.token).status == 200)
            try await world.work()
            #expect(await deadLetters(world, by: chief).count == 3)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an object that its handler cannot read is a dead letter at once, and a replay applies what can be read then`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            try await world.confirm(intent)
            let event = try #require(try await world.event("payment_intent.succeeded"))
            let broken = event.changing("data", "object", "amount_received", to: "980")
            let reply = await world.receive(broken)
            #expect(reply.status == 200)
            #expect(reply["status"] == "dead")
            #expect(await world.status(order, by: buyer) == "awaiting_payment")
            try await world.work()
            let letter = try #require(await deadLetters(world, by: chief).first)
            #expect(
                letter["error"]?.string?.contains("payment_intent.amount_received has another type") == true)
            // As if a later release could read it.
            try await world.alter("UPDATE webhook_events SET payload = \(event.bytes())")
            let path = "/api/admin/dead-letters/\(letter["id"]?.string ?? "")/replay"
            #expect(await world.send("POST", path, token: chief.token).status == 200)
            try await world.work()
            #expect(await world.status(order, by: buyer) == "paid")
            #expect(try await world.count("webhook_events", where: "state = 'dead'") == 0)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `without an id that can be stored it is nobody's event, and never comes near the database`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            let event = World.event("charge.refunded", object: [:])
            let long = JSONValue.string(String(repeating: "x", count: 201))
            let bodies: [JSONValue] = [
                [:], [1, 2], "text", ["id": 1], ["id": ""], event.changing("id", to: .null),
                event.changing("id", to: "evt_\u{0}"), event.changing("id", to: "evt_\u{1B}[2J"),
                event.changing("id", to: "evt_\u{7F}"), event.changing("id", to: long),
                event.changing("type", to: "charge.\u{0}refunded"), event.changing("type", to: long),
                event.changing("api_version", to: "2026\n"),
            ]
            for body in bodies {
                let reply = await world.receive(body)
                #expect(reply.status == 400)
                #expect(reply.code == "webhook_malformed")
            }
            let stored = try await world.count("webhook_events")
            #expect(stored == 0)
        }
    }

    @Test(arguments: [
        (#"{"id":"evt_1","id":"evt_1"}"#, "is not strict JSON (line 1, column 28): it has one name twice in an object"),
        (#"{"id":"evt_1""#, "is not strict JSON (line 1, column 14): it ends before its value does"),
        (#"["evt_1"]"#, "is no object"), (#"{"id":7}"#, "has no id"),
        (
            #"{"id":"evt_\u0000"}"#,
            "has an id, type or api_version of more than 200 bytes or with control characters"
        ),
    ])
    func `what Stripe signed and nobody can read is told to the operators, without the body`(
        body: String, reason: String
    ) async throws {
        try await World.run(on: .sqlite) { world in
            let bytes = Array(body.utf8)
            #expect(await world.receive(raw: bytes).code == "webhook_malformed")
            let lines = world.logs.lines(of: "webhook_unreadable")
            #expect(lines.map(\.level) == [.warning])
            let line = try JSONValue(parsing: lines.map(\.json).joined())
            #expect(line["path"] == "/api/webhook/stripe")
            #expect(line["body_bytes"] == .int(Int64(bytes.count)))
            #expect(line["reason"] == .string(reason))
            #expect(!world.logs.lines.contains { $0.json.contains("evt_") })
            // An unsigned one is anybody's, and no fault of Stripe's or ours.
            let request = HTTPRequest("POST", "/api/webhook/stripe", body: bytes)
            #expect(await world.send(request).code == "webhook_signature_invalid")
            #expect(world.logs.lines(of: "webhook_unreadable").count == 1)
        }
    }
}
