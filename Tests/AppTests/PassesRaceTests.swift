import AppTesting
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import Payments
import StripeSandbox
import Testing

/// The table of race orders: whoever hears first that a purchase is paid, and whatever crashes between any two steps,
/// the device is unlocked exactly once (S4-CONF-05, S4-HOOK-01).
@Suite struct PassesRaceTests {
    /// Who hears of the payment, and in which order.
    enum Race: String, CaseIterable {
        case confirmFirst, eventFirst, bothAtOnce
        /// Nobody told us: what finds out by itself, from Stripe's list of events or from its objects alone.
        case reconciledFromEvents, reconciledFromObjects

        var isReconciled: Bool { self == .reconciledFromEvents || self == .reconciledFromObjects }
    }

    /// What is bought, and how.
    enum Way: String, CaseIterable {
        case daypass, license
        /// The buyer finishes first, and the money comes later (S4-CONF-10).
        case daypassKonbini

        var product: String { self == .license ? "license" : "daypass" }
    }

    /// Where the first node dies: with its n-th transaction of a phase. What it had begun is rolled back, and its memory
    /// is gone.
    struct Crash: CustomTestStringConvertible {
        enum Phase: String { case begin, hear }
        let phase: Phase
        let writes: Int
        var testDescription: String { "\(phase.rawValue) \(writes)" }

        /// Up to more transactions than the phase has, so that the last ones crash nowhere. Beginning and hearing are
        /// crashed at every step; of reconciliation's, which are many, each way and race has a share.
        static func all(_ race: Race, _ way: Way) -> [Crash] {
            // To begin is the same whoever hears of the end.
            let begin = race == .confirmFirst && way == .daypass ? Array(0...7) : []
            return begin.map { Crash(phase: .begin, writes: $0) }
                + steps(race, way).map { Crash(phase: .hear, writes: $0) }
        }

        private static func steps(_ race: Race, _ way: Way) -> [Int] {
            let first = race == .reconciledFromEvents ? 1 : 0
            switch way {
            case .daypass:
                return Array(race.isReconciled ? stride(from: first, to: 25, by: 3) : stride(from: 0, to: 7, by: 1))
            case .license:
                return Array(race.isReconciled ? stride(from: first, to: 27, by: 6) : stride(from: 0, to: 8, by: 2))
            case .daypassKonbini:
                return Array(race.isReconciled ? stride(from: first, to: 30, by: 5) : stride(from: 0, to: 14, by: 3))
            }
        }
    }

    /// What became of one case.
    private struct Outcome {
        /// The dying node was asked for its database and had none.
        var isCrash = false
        /// It answered 503, or threw.
        var isTold = false
    }

    @Test(arguments: TestEngine.all, Race.allCases)
    func `every race ends unlocked exactly once, also with a crash between any two steps`(
        engine: TestEngine, race: Race
    ) async throws {
        for way in Way.allCases {
            var outcomes: [Outcome] = []
            for crash in Crash.all(race, way) {
                try await World.run(on: engine, .passes()) { world in
                    outcomes.append(try await self.race(race, way, crash, world))
                }
            }
            let crashes = outcomes.count(where: \.isCrash)
            let told = outcomes.count(where: \.isTold)
            // The table reaches beyond the last step, so the crashes lie between any two.
            #expect(crashes < outcomes.count)
            #expect(crashes >= 2)
            #expect(told >= 1)
        }
    }

    private func race(_ race: Race, _ way: Way, _ crash: Crash, _ world: World) async throws -> Outcome {
        let what = Comment(rawValue: "\(race) \(way) \(crash.testDescription)")
        var outcome = Outcome()
        let faulty = FaultyDatabase(world.database)
        let dying = try await World.make(
            database: faulty, clock: world.clock, options: .passes(), sandbox: world.sandbox, seed: 99)
        if race.isReconciled { world.loseEvents() }
        if crash.phase == .begin { faulty.goAway(afterWrites: crash.writes) }
        var begun = await dying.checkout("device-0001", way.product, key: "tap")
        if begun.status != 201 {
            #expect(begun.status == 503, what)
            outcome.isTold = true
            // The app repeats its request to a node that lives, once the dead one's claim is over.
            world.clock.advance(by: .seconds(200))
            begun = await world.checkout("device-0001", way.product, key: "tap")
        }
        faulty.comeBack()
        try #require(begun.status == 201, what)
        let purchase = try BegunPurchase(begun, device: "device-0001", product: way.product)

        if crash.phase == .hear, !(race.isReconciled && way == .daypassKonbini) {
            faulty.goAway(afterWrites: crash.writes)
        }
        let token: String
        if way == .daypassKonbini {
            token = try World.token(in: try await world.payPage(purchase, ["method": "konbini"]))
            if try await hear(race, token, way, dying, world) { outcome.isTold = true }
            try await world.settle(purchase, "paid")
            // Of two runs it is the second one that crashes.
            if crash.phase == .hear, race.isReconciled { faulty.goAway(afterWrites: crash.writes) }
        } else {
            token = try World.token(in: try await world.payPage(purchase))
        }
        if try await hear(race, token, way, dying, world) { outcome.isTold = true }
        outcome.isCrash = faulty.refusedCount > 0
        faulty.comeBack()
        // Stripe sends again what nobody took, and the app asks again.
        world.clock.advance(by: .seconds(600))
        if race.isReconciled {
            if race == .reconciledFromObjects { try await world.forgetEvents() }
            let statement = try await world.reconcile()
            #expect(statement.isBalanced, what)
            #expect(await world.device("device-0001")["unlocked"] == true, what)
        } else {
            await world.deliver()
            try await world.work()
        }
        let confirmed = await world.confirm(token, device: "device-0001", way.product)
        #expect(confirmed.status == 200, what)
        let device = await world.device("device-0001")
        #expect(device["unlocked"] == true, what)
        #expect(device["license_purchased"] == .bool(way == .license), what)
        #expect(device["unlock_count"] == (way == .license ? 0 : 1), what)
        #expect(device["pending_purchases"] == [], what)
        let charges = try await world.listAtStripe("/v1/charges").filter { $0["status"] == "succeeded" }
        #expect(charges.count == 1, what)
        try await world.expectBooks()
        return outcome
    }

    /// Returns whether the node said that it could not.
    private func hear(_ race: Race, _ token: String, _ way: Way, _ node: World, _ world: World) async throws -> Bool {
        @Sendable func confirm() async -> Bool {
            await node.confirm(token, device: "device-0001", way.product).status == 503
        }
        @Sendable func deliver() async -> Bool {
            await node.deliver()
            return false
        }
        switch race {
        case .confirmFirst:
            let isTold = await confirm()
            return await deliver() || isTold
        case .eventFirst:
            _ = await deliver()
            return await confirm()
        case .bothAtOnce:
            return await withTaskGroup(of: Bool.self) { group in
                group.addTask { await confirm() }
                group.addTask { await deliver() }
                group.addTask { await confirm() }
                return await group.reduce(false) { $0 || $1 }
            }
        case .reconciledFromEvents, .reconciledFromObjects:
            if race == .reconciledFromObjects { try await world.forgetEvents() }
            do {
                try await node.reconcile()
                return false
            } catch {
                return true
            }
        }
    }
}
