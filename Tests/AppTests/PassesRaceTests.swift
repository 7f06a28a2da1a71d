import AppTesting
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// The table of race orders: whoever hears first that a purchase is paid, and whatever crashes between any two steps,
/// the device is unlocked exactly once (S4-CONF-05, S4-HOOK-01).
@Suite struct PassesRaceTests {
    /// Who hears of the payment, and in which order.
    enum Race: String, CaseIterable {
        case confirmFirst, eventFirst, bothAtOnce, neither
    }

    /// Where the first node dies: with its n-th transaction of a phase. What it had begun is rolled back, and its memory
    /// is gone.
    struct Crash: CustomTestStringConvertible {
        enum Phase: String { case begin, hear }
        let phase: Phase
        let writes: Int
        var testDescription: String { "\(phase.rawValue) \(writes)" }

        /// More transactions than either phase has, so that the last ones crash nowhere.
        static let all =
            (0...7).map { Crash(phase: .begin, writes: $0) } + (0...5).map { Crash(phase: .hear, writes: $0) }
    }

    @Test(arguments: TestEngine.all, Race.allCases)
    func `every race ends unlocked exactly once, also with a crash between any two steps`(
        engine: TestEngine, race: Race
    ) async throws {
        for crash in Crash.all {
            try await World.run(on: engine, .passes()) { world in
                try await self.race(race, crash, world)
            }
        }
    }

    private func race(_ race: Race, _ crash: Crash, _ world: World) async throws {
        let what = Comment(rawValue: "\(race) \(crash.testDescription)")
        let faulty = FaultyDatabase(world.database)
        let dying = try await World.make(
            database: faulty, clock: world.clock, options: .passes(), sandbox: world.sandbox, seed: 99)
        if crash.phase == .begin { faulty.goAway(afterWrites: crash.writes) }
        var begun = await dying.checkout("device-0001", "daypass", key: "tap")
        if begun.status != 201 {
            #expect(begun.status == 503, what)
            // The app repeats its request to a node that lives, once the dead one's claim is over.
            world.clock.advance(by: .seconds(200))
            begun = await world.checkout("device-0001", "daypass", key: "tap")
        }
        faulty.comeBack()
        try #require(begun.status == 201, what)
        let purchase = try BegunPurchase(begun, device: "device-0001", product: "daypass")
        let token = try World.token(in: try await world.payPage(purchase))

        if crash.phase == .hear { faulty.goAway(afterWrites: crash.writes) }
        try await hear(race, token, dying)
        faulty.comeBack()
        // Stripe sends again what nobody took, and the app asks again.
        world.clock.advance(by: .seconds(600))
        if race == .neither {
            try await heal(world)
        } else {
            await world.deliver()
            try await world.work()
        }
        let confirmed = await world.confirm(token, device: "device-0001", "daypass")
        #expect(confirmed.status == 200, what)
        #expect(confirmed["unlock_count"] == 1, what)
        let device = await world.device("device-0001")
        #expect(device["unlocked"] == true, what)
        #expect(device["unlock_count"] == 1, what)
        #expect(device["pending_purchases"] == [], what)
        let charges = try await world.listAtStripe("/v1/charges").filter { $0["status"] == "succeeded" }
        #expect(charges.count == 1, what)
        try await world.expectBooks()
    }

    private func hear(_ race: Race, _ token: String, _ node: World) async throws {
        switch race {
        case .confirmFirst:
            _ = await node.confirm(token, device: "device-0001", "daypass")
            await node.deliver()
        case .eventFirst:
            await node.deliver()
            _ = await node.confirm(token, device: "device-0001", "daypass")
        case .bothAtOnce:
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = await node.confirm(token, device: "device-0001", "daypass") }
                group.addTask { await node.deliver() }
                group.addTask { _ = await node.confirm(token, device: "device-0001", "daypass") }
            }
        case .neither:
            _ = node.sandbox.add(StripeSandboxFault(.loseEvents, times: nil))
            await node.deliver()
        }
    }

    /// Nobody told us: what finds out by itself.
    private func heal(_ world: World) async throws {
        _ = try await world.reconcile()
        #expect(await world.device("device-0001")["unlocked"] == true)
    }
}
