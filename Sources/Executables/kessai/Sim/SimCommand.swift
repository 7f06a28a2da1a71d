internal import CommandWords
internal import JSON
internal import Kernel
internal import Simulator

/// `kessai sim`: plays histories in a world that does its worst, and checks the books after each.
struct SimCommand: Command {
    static let name = "sim"
    static let synopsis = "[--seed N] [--runs M] [--jobs J] [--keep IDS] [--mutation NAME | --mutations] [--json]"
    static let summary = "try to break the money in simulated histories"
    static let details = """
        Plays M histories (default 1) from the seed N (default 1) on J threads (default 1): the whole application with
        the Stripe sandbox, a clock that costs nothing, and crashes, losses and repeats of every kind. One history is
        told step by step. A history that breaks a rule is cut down to the shortest that still does, and is told with
        the command that plays it again; --keep plays only those steps of a history. --mutation plants a bug of the
        list that an unknown name prints; --mutations plants one after the other, each for at most M histories, and
        tells which seed caught it. After ten histories that break a rule no more are begun.
        Exit status: 0 no rule was broken (with --mutations: every bug was caught), 1 otherwise; from 5,000 histories
        on also 1 when a kind of fault never struck or a place was never crashed at. 2 wrong usage.
        """
    static let flags: Set<String> = ["--json", "--mutations"]
    static let options: Set<String> = ["--seed", "--runs", "--jobs", "--keep", "--mutation"]

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        let seed = UInt64(try arguments.int("--seed", in: 0...Int.max, default: 1))
        let runs = try arguments.int("--runs", in: 1...10_000_000, default: 1)
        let jobs = try arguments.int("--jobs", in: 1...64, default: 1)
        let mutation = try arguments["--mutation"].map { name in
            guard let known = Mutations.all.first(where: { $0.name == name }) else {
                throw UsageError(
                    message: "--mutation: there is no \(name.debugDescription); there are "
                        + Mutations.all.map(\.name).joined(separator: ", "))
            }
            return known
        }
        let kept = try arguments["--keep"].map(Self.ids)
        if kept != nil, runs > 1 { throw UsageError(message: "--keep is for one history, and --runs for many") }
        if arguments.has("--mutations") {
            if mutation != nil || kept != nil {
                throw UsageError(message: "--mutations plants each bug, and goes with neither --mutation nor --keep")
            }
            return try await SimMutations(seed: seed, runsMax: runs, jobs: jobs).run(isJSON: arguments.has("--json"))
        }
        let simulator = try await Simulator(mutation: mutation)
        if runs == 1 { return try tell(simulator, seed: seed, keeping: kept, arguments) }
        let clock = SystemClock()
        let began = clock.now()
        let tally = try await SimProgress.of("histories", count: runs, clock: clock) { progress in
            try await simulator.run(from: seed, count: runs, jobs: jobs, progress: progress)
        }
        var report = SimReport(
            tally: tally, seconds: Double(clock.now().since(began).milliseconds) / 1000,
            jobKinds: simulator.jobKinds)
        let shortest = try tally.failures.first.map { try SimProgress.shrink(simulator, seed: $0.seed) }
        report.replay = shortest.map { Self.replay(of: $0.outcome.seed, $0.kept, arguments["--mutation"]) }
        Terminal.write(arguments.has("--json") ? report.json.text() + "\n" : report.table)
        if let shortest, !arguments.has("--json") { show(shortest, report.replay) }
        return report.isGood ? .success : .failure
    }

    /// Throws `UsageError` for what is no list of steps.
    private static func ids(_ text: String) throws -> Set<Int> {
        let words = text.split(separator: ",", omittingEmptySubsequences: false)
        let ids = words.compactMap { Int($0) }
        guard ids.count == words.count else {
            throw UsageError(message: "--keep must be numbers of steps, separated by commas: --keep 1,4,9")
        }
        return Set(ids)
    }

    /// Throws `UsageError` for steps that the history does not have: what it would play is not what was asked for. Step 0
    /// is none in every history.
    private static func require(_ wanted: Set<Int>, in known: [Int], seed: UInt64) throws {
        let strange = wanted.subtracting(known).subtracting([0]).sorted()
        guard !strange.isEmpty else { return }
        let most = 10
        let named = strange.prefix(most).map(String.init).joined(separator: ", ") + (strange.count > most ? ", …" : "")
        throw UsageError(
            message: "--keep: the history of seed \(seed) has the steps 1 to \(known.max() ?? 0), and not \(named)")
    }

    private func tell(
        _ simulator: Simulator, seed: UInt64, keeping wanted: Set<Int>?, _ arguments: Arguments
    ) throws -> ExitStatus {
        if let wanted { try Self.require(wanted, in: simulator.steps(of: seed), seed: seed) }
        let outcome = try simulator.play(seed: seed, keeping: wanted)
        let isBroken = !outcome.violations.isEmpty
        let shortest = isBroken && wanted == nil ? try SimProgress.shrink(simulator, seed: seed) : nil
        let replay = shortest.map { Self.replay(of: seed, $0.kept, arguments["--mutation"]) }
        if arguments.has("--json") {
            Terminal.write(SimReport.json(of: outcome, replay: replay).text() + "\n")
        } else {
            Terminal.write(outcome.lines.joined(separator: "\n") + "\n")
            Terminal.write("seed \(seed)  hash \(String(outcome.hash, radix: 16))\n")
            for violation in outcome.violations { Terminal.write("✗ \(violation)\n") }
            if !isBroken { Terminal.write("✓ no rule was broken\n") }
            if let shortest { show(shortest, replay) }
        }
        return isBroken ? .failure : .success
    }

    private func show(_ shortest: (kept: [Int], outcome: Outcome), _ replay: String?) {
        Terminal.write("\nThe shortest history that still breaks the rule:\n\n")
        Terminal.write(shortest.outcome.lines.joined(separator: "\n") + "\n\n")
        for violation in shortest.outcome.violations { Terminal.write("✗ \(violation)\n") }
        Terminal.write("\n\(replay ?? "")\n")
    }

    /// The command that plays it again; step 0 is none.
    private static func replay(of seed: UInt64, _ kept: [Int], _ mutation: String?) -> String {
        let ids = kept.isEmpty ? "0" : kept.map(String.init).joined(separator: ",")
        return "kessai sim --seed \(seed) --keep \(ids)" + (mutation.map { " --mutation \($0)" } ?? "")
    }
}
