import AppTesting
import Database
import DatabaseTesting
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// What the hourly reconciliation looks at (law 8): nothing is too old because nobody was there to look.
@Suite struct ReconciliationScheduleTests {
    /// The hours that the last finished run looked at.
    private func hours(_ world: World) async throws -> Int64 {
        try await world.database.read { tx in
            let run = try tx.row(
                """
                SELECT since_ms, until_ms FROM reconciliation_runs WHERE state = 'finished'
                ORDER BY started_at_ms DESC LIMIT 1
                """)
            return try ((run?.int("until_ms") ?? 0) - (run?.int("since_ms") ?? 0)) / 3_600_000
        }
    }

    /// An order that was paid and given back at Stripe, of which no event told.
    private func refundedUnseen(_ world: World) async throws -> PlacedOrder {
        let buyer = try await world.buyer()
        let (order, intent) = try await world.buy(by: buyer)
        world.loseEvents()
        _ = try await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)")
        world.sandbox.clearFaults()
        return order
    }

    @Test(arguments: TestEngine.all)
    func `after five days in which nothing ran it looks back to the first order`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let order = try await refundedUnseen(world)
            world.clock.advance(by: .seconds(5 * 86_400))
            try await world.work()
            world.clock.advance(by: .seconds(3600))
            try await world.work()
            let buyer = try await world.again("buyer@example.com")
            #expect(await world.status(order, by: buyer) == "refunded")
        }
    }

    @Test(arguments: TestEngine.all)
    func `after an outage it looks back to the last run that ended, and then at two days again`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let order = try await refundedUnseen(world)
            try await world.work()
            world.clock.advance(by: .seconds(3600))
            try await world.work()
            #expect(try await hours(world) == 49)
            world.clock.advance(by: .seconds(3600))
            try await world.work()
            #expect(try await hours(world) == 49)
            // What a person asked for by its dates covers no gap beside it.
            world.clock.advance(by: .seconds(10 * 86_400))
            _ = try await world.reconcile(last: .seconds(3600))
            world.clock.advance(by: .seconds(3600))
            try await world.work()
            #expect(try await hours(world) == 48 + 10 * 24 + 1)
            world.clock.advance(by: .seconds(3600))
            try await world.work()
            #expect(try await hours(world) == 49)
            let buyer = try await world.again("buyer@example.com")
            #expect(await world.status(order, by: buyer) == "refunded")
        }
    }

    @Test(arguments: TestEngine.all)
    func `it looks back thirty days at most, and two days where nothing was ever sold`(
        engine: TestEngine
    ) async throws {
        try await World.run(on: engine) { world in
            world.clock.advance(by: .seconds(3600))
            try await world.work()
            world.clock.advance(by: .seconds(3600))
            try await world.work()
            #expect(try await hours(world) == 48)
            try await world.stockShop()
            _ = try await refundedUnseen(world)
            world.clock.advance(by: .seconds(90 * 86_400))
            try await world.work()
            #expect(try await hours(world) == 30 * 24)
        }
    }
}
