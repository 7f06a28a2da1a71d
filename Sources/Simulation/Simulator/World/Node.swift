internal import Kernel
internal import KessaiApp
private import Synchronization

/// One life of the application, from its start to its crash. What is left of it afterwards gets nothing done: every
/// port of a dead life refuses.
final class Life: Sendable {
    private let alive = Atomic(true)
    var isAlive: Bool { alive.load(ordering: .relaxed) }
    func end() { alive.store(false, ordering: .relaxed) }
}

/// The place where the application runs: it crashes, and is started again on what was durable.
final class Node: Sendable {
    struct Running: Sendable {
        let app: KessaiApp
        let life: Life
    }
    private struct State {
        var running: Running?
        var startAt: Timestamp?
        var starts = 0
    }
    private let state = Mutex(State())
    private let clock: SimulatedClock
    private let trace: Trace
    private let chance: Chance

    init(clock: SimulatedClock, trace: Trace, chance: Chance) {
        self.clock = clock
        self.trace = trace
        self.chance = chance
    }

    /// What runs now; nil while the application is down.
    var running: Running? { state.withLock { $0.running } }

    /// Drops the application with everything that it held in memory.
    func crash(_ life: Life) {
        guard life.isAlive else { return }
        life.end()
        let downMs = chance.number(in: 500...20_000)
        trace.tell("  * the application crashed")
        state.withLock { state in
            if state.running?.life === life { state.running = nil }
            state.startAt = clock.now().adding(.milliseconds(downMs))
        }
    }

    /// The history is over.
    func end() { state.withLock { $0.running = nil } }

    /// Drops whatever runs.
    func crash() { if let running { crash(running.life) } }

    /// Starts the application where it is down and its time has come.
    func startIfDue(isNow: Bool, _ make: @Sendable (Life, Int) async throws -> KessaiApp) async {
        let number = state.withLock { state -> Int? in
            guard state.running == nil, isNow || (state.startAt ?? clock.now()) <= clock.now() else { return nil }
            state.starts += 1
            return state.starts
        }
        guard let number else { return }
        let life = Life()
        do {
            let app = try await make(life, number)
            guard life.isAlive else { return }
            state.withLock { $0.running = Running(app: app, life: life) }
            trace.tell("  * the application started")
        } catch {
            // The database is away, or it crashed while it started: it is started again.
            life.end()
        }
    }
}
