internal import Kernel
internal import SeededTasks
private import Synchronization

/// Plays histories of the whole application in a world that does its worst, and checks the books after each.
public final class Simulator: Sendable {
    private let template: Template
    /// The kinds of the application's jobs.
    public var jobKinds: [String] { template.jobKinds }
    private let features: [any SimulatedFeature.Type]
    private let mutation: Mutation?

    /// Makes ready: migrates the database that every history begins with. Throws `DatabaseError`.
    public init(
        features: [any SimulatedFeature.Type] = SimulatedFeatures.all, mutation: Mutation? = nil
    ) async throws {
        self.features = features
        self.mutation = mutation
        template = try await Template(features, mutation: mutation)
    }

    /// The ids of everything that the history of a seed tries and meets: its people's steps and its misfortunes.
    public func steps(of seed: UInt64) -> [Int] { Plan(seed: seed, features: features).ids }

    /// Plays the history of a seed on this thread, or what is wanted of it. Throws `DatabaseError`.
    public func play(seed: UInt64, keeping wanted: Set<Int>? = nil, keepsLines: Bool = true) throws -> Outcome {
        var plan = Plan(seed: seed, features: features)
        if let wanted { plan = plan.keeping(wanted) }
        return try play(plan, keepsLines: keepsLines)
    }

    private func play(_ plan: Plan, keepsLines: Bool) throws -> Outcome {
        try History(plan: plan, template: template, features: features, mutation: mutation, keepsLines: keepsLines)
            .play()
    }

    /// What all histories together came to.
    public struct Tally: Sendable {
        /// How many were played.
        public var histories = 0
        /// How many had a feature in them, by its name.
        public var byFeature: [String: Int] = [:]
        /// What went wrong, and where.
        public var coverage = Coverage()
        /// How many of those that broke a rule had a kind of fault, weather or attack in them, by its name.
        public var breaches: [String: Int] = [:]
        /// Those that broke a rule, by seed.
        public var failures: [Outcome] = []
        /// The sum of all hashes: equal runs have equal ones, however many threads there were.
        public var hash: UInt64 = 0
    }

    /// Plays `count` histories from `seed` on, on `jobs` threads. Ends early after `failuresMax` failures. `progress`
    /// is told the count so far, from any thread. Throws when there are no threads.
    public func run(
        from seed: UInt64, count: Int, jobs: Int, failuresMax: Int = 10,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> Tally {
        let tally = Mutex(Tally())
        let next = Atomic(0)
        try await Workers.run(max(1, jobs)) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < count, tally.withLock({ $0.failures.count < failuresMax }) else { return }
                let played = seed &+ UInt64(index)
                let outcome: Outcome
                do {
                    outcome = try self.play(seed: played, keepsLines: false)
                } catch {
                    outcome = Outcome(
                        seed: played, hash: 0, violations: ["the history did not begin: \(error)"],
                        coverage: Coverage(), features: [], lines: [], world: nil)
                }
                let done = tally.withLock { tally -> Int in
                    tally.histories += 1
                    for feature in outcome.features { tally.byFeature[feature, default: 0] += 1 }
                    tally.coverage.add(outcome.coverage)
                    tally.hash &+= outcome.hash
                    if !outcome.violations.isEmpty {
                        tally.failures.append(outcome)
                        for name in outcome.coverage.names { tally.breaches[name, default: 0] += 1 }
                    }
                    return tally.histories
                }
                progress(done)
            }
        }
        return tally.withLock { tally in
            tally.failures.sort { $0.seed < $1.seed }
            return tally
        }
    }

    /// The shortest history of a failing seed that still breaks the same rule, found by leaving out what may be left
    /// out, for at most `triesMax` plays; `progress` is told of each. Returns what was kept and what came of it.
    public func shrink(
        seed: UInt64, triesMax: Int = 400, progress: (_ tries: Int, _ steps: Int) -> Void = { _, _ in }
    ) throws -> (kept: [Int], outcome: Outcome) {
        let whole = Plan(seed: seed, features: features)
        let first = try play(whole, keepsLines: true)
        let rule = Self.rule(of: first)
        var (kept, best) = (whole.ids, first)
        var tries = 0
        var width = max(1, kept.count / 2)
        while true {
            var start = 0
            var isShorter = false
            while start < kept.count, tries < triesMax {
                let candidate = Array(kept[..<start] + kept[min(start + width, kept.count)...])
                tries += 1
                progress(tries, kept.count)
                let outcome = try play(whole.keeping(Set(candidate)), keepsLines: true)
                if Self.rule(of: outcome) == rule {
                    (kept, best, isShorter) = (candidate, outcome, true)
                } else {
                    start += width
                }
            }
            if tries >= triesMax || (width == 1 && !isShorter) { break }
            width = max(1, width / 2)
        }
        return (kept, best)
    }

    /// The rule that a history broke first; its particulars may differ.
    private static func rule(of outcome: Outcome) -> String? {
        outcome.violations.first.map { text in
            String(text.prefix { $0 != ":" }).filter { !$0.isNumber }.split(separator: " ")
                .filter { $0.count < 30 }.joined(separator: " ")
        }
    }
}
