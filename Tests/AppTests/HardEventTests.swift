import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

/// Law 5 against hostile bytes: what is signed is stored or refused for good, on both databases. A fault of ours would make
/// Stripe send it again for days.
@Suite struct HardEventTests {
    @Test(arguments: TestEngine.all)
    func `signed bytes that are no event are refused for good`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let good = World.event("customer.created", object: ["id": "cus_1", "object": "customer"]).bytes()
            for bytes in [
                [], [0], good + [0], [0xEF, 0xBB, 0xBF] + good, good + good, Array(good.dropLast()), Array("[]".utf8),
                Array(#"{"id":7}"#.utf8), Array(#"{"id":""}"#.utf8), Array(#"{"id":"evt_\u0000"}"#.utf8),
                Array(#"{"id":"evt_1","type":"\u0000"}"#.utf8), Array(#"{"id":"evt_1","id":"evt_2"}"#.utf8),
                Array(#"{"id":"evt_1","api_version":"\u0000"}"#.utf8),
                Array(#"{"id":""#.utf8) + [0xFF] + Array(#""}"#.utf8),
                Array(String(repeating: "[", count: 200).utf8),
                Array("{\"id\":\"\(String(repeating: "e", count: 300))\"}".utf8),
            ] {
                let reply = await world.receive(raw: bytes)
                #expect(reply.status == 400)
                #expect(reply.code == "webhook_malformed")
            }
            let stored = try await world.count("webhook_events")
            #expect(stored == 0)
            #expect(world.logs.lines.allSatisfy { $0.level < .error })
        }
    }

    @Test(arguments: TestEngine.all)
    func `a signed event with NUL characters in it is stored, whatever it is made of`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            try await world.confirm(try await world.openPayment(order, by: buyer))
            let event = try #require(try await world.event("payment_intent.succeeded"))
            let hostile: JSONValue = "a\0b"
            var number = 0
            for path in [
                ["id"], ["customer"], ["currency"], ["status"], ["latest_charge"], ["description"],
                ["metadata", "order_id"], ["metadata", "kessai_installation"], ["metadata", "a\tb"],
                ["last_payment_error"],
            ] {
                number += 1
                var object = event["data"]?["object"] ?? .null
                object =
                    path.count == 1
                    ? object.changing(path[0], to: hostile) : object.changing(path[0], path[1], to: hostile)
                let made = event.changing("id", to: .string("evt_hostile_\(number)")).changing(
                    "data", "object", to: object)
                let reply = await world.receive(made)
                #expect(reply.status == 200, "\(path)")
            }
            let stored = try await world.count("webhook_events")
            #expect(stored == number)
            // Those jobs that such an event makes end as dead letters at worst; none is a fault of the database.
            try await world.work()
            #expect(world.logs.lines(of: "database_fault").isEmpty)
            #expect(world.logs.lines(of: "event_not_stored").isEmpty)
            #expect(await world.receive(event).status == 200)
            // The order is paid, or waits for a person because one of these named another customer (law 7).
            #expect(["paid", "needs_review"].contains(await world.status(order, by: buyer)))
        }
    }
}
