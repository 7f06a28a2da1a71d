import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

/// Nobody can keep the whole stock from others by ordering without paying.
@Suite struct OpenOrdersTests {
    private func place(_ world: World, by person: Person, key: String? = nil) async -> Reply {
        await world.send(
            "POST", "/api/orders", token: person.token, key: key,
            body: ["items": [["product_id": "tea", "quantity": 1]]])
    }

    @Test(arguments: TestEngine.all)
    func `an account has 20 unpaid orders at most; paying or canceling one makes room`(engine: TestEngine) async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let hoarder = try await world.buyer("hoarder")
            let paid = try await world.buy(by: hoarder).order
            var orders: [PlacedOrder] = []
            for _ in 0..<19 { orders.append(try await world.order(by: hoarder)) }
            #expect(await place(world, by: hoarder, key: "last").status == 201)
            #expect(await world.teaLeft() == 79)
            let refused = await place(world, by: hoarder)
            #expect(refused.status == 409)
            #expect(refused.code == "too_many_open_orders")
            #expect(await world.teaLeft() == 79)
            // What was answered is answered again.
            #expect(await place(world, by: hoarder, key: "last").status == 201)
            let other = try await world.buyer("other")
            #expect(await place(world, by: other).status == 201)
            #expect(await world.cancel(orders[0], by: hoarder).status == 200)
            #expect(await place(world, by: hoarder).status == 201)
            #expect(await place(world, by: hoarder).status == 409)
            let intent = try await world.openPayment(orders[1], by: hoarder)
            #expect(await place(world, by: hoarder).status == 409)
            try await world.confirm(intent)
            await world.deliver()
            // The same request as was refused goes through now, also with a key.
            #expect(await place(world, by: hoarder, key: "later").status == 201)
            #expect(await place(world, by: hoarder, key: "latest").status == 409)
            #expect(await world.status(paid, by: hoarder) == "paid")
        }
    }

    @Test(arguments: TestEngine.all) func `orders that end by themselves make room`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            for _ in 0..<20 { _ = try await world.order(by: buyer) }
            #expect(await place(world, by: buyer).status == 409)
            world.clock.advance(by: .seconds(25 * 3600))
            for _ in 0..<5 {
                try await world.work()
                world.clock.advance(by: .seconds(60))
            }
            let later = try await world.again("buyer@example.com")
            #expect(await place(world, by: later).status == 201)
            #expect(await world.teaLeft() == 99)
        }
    }
}
