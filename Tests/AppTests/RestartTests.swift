import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import Testing

/// Law 4: a process that died held keys of requests that it had begun.
@Suite struct RestartTests {
    /// An order was placed, and the process died before it kept the answer: its key is still held.
    private func dying(_ world: World) async throws -> (place: @Sendable (World) async -> Reply, id: String) {
        try await world.stockShop()
        let token = try await world.buyer().token
        let place: @Sendable (World) async -> Reply = { node in
            await node.send(
                "POST", "/api/orders", token: token, key: "cart-1",
                body: ["items": [["product_id": "tea", "quantity": 1]]])
        }
        let first = await place(world)
        let until = world.clock.now().adding(.seconds(10))
        try await world.database.write { tx in
            try tx.execute(
                """
                UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL, locked_until_ms = \(until)
                WHERE status = 201
                """)
        }
        return (place, first["id"]?.string ?? "")
    }

    @Test(arguments: TestEngine.all) func `who starts alone on its database frees what a dead process held`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            let (place, id) = try await dying(world)
            #expect(await place(world).code == "idempotency_key_in_use")
            let next = try await World.make(
                database: world.database, clock: world.clock, sandbox: world.sandbox, seed: 7, isAlone: true)
            let repeated = await place(next)
            #expect(repeated.status == 201)
            #expect(repeated["id"]?.string == id)
            #expect(try await world.count("orders") == 1)
        }
    }

    @Test(arguments: TestEngine.all) func `who does not start alone leaves them to whoever may hold them`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            let (place, id) = try await dying(world)
            let next = try await world.anotherNode()
            #expect(await place(next).code == "idempotency_key_in_use")
            world.clock.advance(by: .seconds(11))
            let repeated = await place(next)
            #expect(repeated.status == 201)
            #expect(repeated["id"]?.string == id)
            #expect(try await world.count("orders") == 1)
        }
    }
}
