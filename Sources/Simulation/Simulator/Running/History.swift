internal import Database
internal import JSON
internal import Jobs
internal import Kernel
internal import KessaiApp
internal import SeededTasks
internal import StripeSandbox
private import Synchronization

/// What came of one history.
public struct Outcome: Sendable {
    /// Its seed.
    public let seed: UInt64
    /// FNV-1a over everything that happened: equal histories have equal hashes.
    public let hash: UInt64
    /// The rules that were broken, each with what broke it.
    public let violations: [String]
    /// What went wrong in it, and where it passed.
    public let coverage: Coverage
    /// The features that took part.
    public let features: [String]
    /// What a person reads; empty where lines were not kept.
    public let lines: [String]
    weak let world: SimulatedWorld?

    /// Whether nothing of its world is left in memory.
    public var isForgotten: Bool { world == nil }
}

/// Plays one history from its plan to the check of its books.
struct History: Sendable {
    let plan: Plan
    let template: Template
    let features: [any SimulatedFeature.Type]
    let mutation: Mutation?
    let keepsLines: Bool

    /// A history that takes more turns than this never ends; usual ones take some ten thousand.
    static let piecesMax = 200_000

    /// Plays it on this thread. Throws `DatabaseError` when there is no database to begin with.
    func play() throws -> Outcome {
        let world = try SimulatedWorld(plan: plan, template: template, mutation: mutation, keepsLines: keepsLines)
        let tasks = SeededTasks(seed: plan.seed)
        let ended = tasks.run(piecesMax: Self.piecesMax) {
            await live(in: world)
        } whenIdle: {
            world.clock.advance()
        }
        // The application's log knows the world, which knows the application: without this, no world would ever go.
        world.node.end()
        var violations = world.memory.violations
        if ended != nil {
            try world.end(template.copies)
        } else {
            violations.append("the history never ends: somebody waits for what does not come, or tries for ever")
        }
        return Outcome(
            seed: plan.seed, hash: world.trace.hash, violations: violations + (ended ?? []),
            coverage: world.coverage, features: plan.featureNames, lines: world.trace.lines, world: world)
    }

    private func live(in world: SimulatedWorld) async -> [String] {
        await Self.start(world)
        await withTaskGroup(of: Void.self) { helpers in
            helpers.addTask { await Self.keepRunning(world) }
            helpers.addTask { await Self.carryLate(world) }
            for _ in 0..<2 { helpers.addTask { await Self.work(world) } }
            for _ in 0..<2 { helpers.addTask { await Self.deliver(world) } }
            await act(in: world) { $0.acts }
            for minutes in plan.echoMinutes {
                world.clock.leap(.seconds(60 * minutes))
                await world.wait(.seconds(40))
            }
            await act(in: world) { $0.closing }
            world.calm()
        }
        return await settle(world)
    }

    private static func start(_ world: SimulatedWorld) async {
        await world.node.startIfDue(isNow: true, world.make)
    }

    /// Everybody at the same time, until the last has ended.
    private func act(in world: SimulatedWorld, _ acts: (Plan.Part) -> [Plan.Act]) async {
        await withTaskGroup(of: Void.self) { people in
            for part in plan.parts {
                let acts = acts(part)
                guard let type = type(of: part), !acts.isEmpty else { continue }
                people.addTask { await Self.act(part, acts, as: type, in: world) }
            }
        }
    }

    private func type(of part: Plan.Part) -> (any SimulatedActor.Type)? {
        for feature in features {
            for actor in feature.actors where actor.type.kind == part.kind { return actor.type }
        }
        return nil
    }

    private static func act(
        _ part: Plan.Part, _ acts: [Plan.Act], as type: any SimulatedActor.Type, in world: SimulatedWorld
    ) async {
        let actor = type.init(part.number, in: world)
        for act in acts {
            await world.wait(.milliseconds(act.step.pauseMs))
            world.trace.tell("\(part.kind)\(part.number): \(act.step.name) \(act.step.argument)  [\(act.id)]")
            await actor.perform(act.step)
        }
    }

    private static func keepRunning(_ world: SimulatedWorld) async {
        while world.isNoisy {
            await world.node.startIfDue(isNow: false, world.make)
            await world.wait(.seconds(2))
        }
    }

    /// What arrives late arrives; the last of it when the world calms down.
    private static func carryLate(_ world: SimulatedWorld) async {
        while world.isNoisy {
            await world.wait(.seconds(2))
            await world.late.arrive(by: world.clock.now())
        }
        await world.late.arrive(by: world.clock.now(), isLast: true)
    }

    /// Who got no certain answer gets one now: the same request with the same key.
    private static func serve(_ world: SimulatedWorld) async {
        for wish in world.memory.wishes {
            let answer = await world.send(wish)
            if answer?.isCertain != true {
                world.memory.violate(
                    "\(wish.method) \(wish.path) is not served in the calm: \(answer?.told ?? "no answer")")
            }
        }
    }

    private static func work(_ world: SimulatedWorld) async {
        while world.isNoisy {
            await world.wait(.milliseconds(world.chance.number(in: 1_000...20_000)))
            await runJobs(world)
        }
    }

    private static func runJobs(_ world: SimulatedWorld) async {
        guard let running = world.node.running else { return }
        do {
            _ = try await running.app.jobs.runDue()
        } catch {
            world.trace.note("jobs: \(error)")
        }
    }

    private static func deliver(_ world: SimulatedWorld) async {
        while world.isNoisy {
            await world.wait(.milliseconds(world.chance.number(in: 200...6_000)))
            _ = await world.sandbox.deliverDue(via: Deliveries(world: world))
        }
    }

    /// Time passes until nothing is left to do; then the books are checked.
    private func settle(_ world: SimulatedWorld) async -> [String] {
        await world.wait(.seconds(25))
        await Self.start(world)
        // Longer than a dead node holds a key or a job.
        await world.wait(.seconds(65))
        await Self.serve(world)
        for pause in Self.pauses {
            await world.wait(pause)
            await world.settleBanks()
            // What Stripe has given up to deliver only reconciliation can find.
            if !world.eventList.isReadable,
                await world.sandboxDeliveries().contains(where: { $0["status"] == "failed" })
            {
                world.eventList.open()
            }
            for _ in 0..<2 {
                _ = await world.sandbox.deliverDue(via: Deliveries(world: world))
                await Self.runJobs(world)
            }
            if await Self.isQuiet(world) { break }
        }
        world.eventList.open()
        do {
            return try await check(world)
        } catch {
            return ["the books cannot be read: \(error)"]
        }
    }

    /// Seconds: together longer than Stripe's retries, a voucher's life, and our own retries.
    private static let pauses: [Duration] = [
        5, 100, 600, 3_700, 3_700, 28_800, 50_400, 86_400, 86_400, 86_400, 86_400, 3_700,
    ]
    .map { .seconds($0) }

    private static func isQuiet(_ world: SimulatedWorld) async -> Bool {
        guard world.sandbox.nextDue == nil,
            world.clock.now() > (world.calmAt ?? world.clock.now()).adding(.seconds(8_000))
        else { return false }
        return await world.count(
            """
            SELECT (SELECT COUNT(*) FROM jobs WHERE state IN ('available', 'running')
                    AND COALESCE(subject, '') NOT LIKE 'schedule:%')
                + (SELECT COUNT(*) FROM orders WHERE status IN ('pending', 'awaiting_payment'))
                + (SELECT COUNT(*) FROM checkout_sessions WHERE state IN ('submitted', 'open', 'processing'))
                + (SELECT COUNT(*) FROM refunds WHERE state IN ('submitted', 'pending')) AS count
            """) == 0
    }

    private func check(_ world: SimulatedWorld) async throws -> [String] {
        let books = await Books(world)
        var found: [String] = []
        for feature in features {
            for invariant in feature.invariants {
                for what in try await invariant.violations(in: books).prefix(3) {
                    found.append("\(invariant.rule): \(what)")
                }
            }
        }
        for violation in found { world.trace.tell("✗ \(violation)") }
        return found
    }
}
