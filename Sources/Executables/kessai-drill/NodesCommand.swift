internal import CommandWords
internal import CurlTransport
internal import Drills
private import Foundation
internal import JSON
internal import Kernel

/// `kessai-drill nodes`: many nodes on one PostgreSQL, and everything that may happen to them.
struct NodesCommand: Command {
    static let name = "nodes"
    static let synopsis = "--binary PATH [OPTIONS]"
    static let summary =
        "kill and add nodes, restart PostgreSQL and promote its replica under load, and check the books"
    static let details = """
        Three nodes that serve and two that work behind nginx and pgbouncer.
          --binary PATH   the kessai that is drilled
          --cluster PATH  the script that makes the cluster (scripts/cluster)
          --phase S       about how many seconds each phase lasts (6)
          --seed S        the seed of the load (1)
          --folder PATH   where its folder is made; kept where a rule is broken (the temporary folder)
          --json          one object at the end, in the place of the table
        Exit status: 0 no violation, 1 a violation or a drill that could not be held, 2 wrong usage.
        """
    static let flags: Set<String> = ["--json"]
    static let options: Set<String> = ["--binary", "--cluster", "--phase", "--seed", "--folder"]

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        try await NodesDrill(arguments, random: SystemRandomSource()).run() ? .success : .failure
    }
}

/// A drill of many nodes.
struct NodesDrill {
    let binary: String
    let script: String
    let phaseSeconds: Int64
    let seed: UInt64
    let folder: String
    let isForMachines: Bool
    private let clock = SystemClock()
    private let random: any RandomSource
    private let bar = ProgressBar()

    /// What the words ask for. Throws `UsageError` for what is missing or cannot be.
    init(_ arguments: Arguments, random: any RandomSource) throws {
        self.random = random
        binary = try arguments.requiredPath("--binary")
        script = arguments.path("--cluster") ?? URL(fileURLWithPath: "scripts/cluster").standardizedFileURL.path
        phaseSeconds = Int64(try arguments.int("--phase", in: 1...600, default: 6))
        seed = UInt64(try arguments.int("--seed", in: 0...Int.max, default: 1))
        folder = arguments.folder + "/kessai-nodes-" + random.alphanumerics(10)
        isForMachines = arguments.has("--json")
    }

    /// Whether no rule was broken.
    func run() async throws -> Bool {
        let transport = try CurlTransport(log: .silent)
        defer { transport.close() }
        let began = clock.now()
        let site = try Site(binary: binary, folder: folder, clock: clock)
        let round = NodesRound(
            at: site, script: script, seed: seed, phaseLength: .seconds(phaseSeconds), via: transport, random: random
        ) { progress in
            let seconds = clock.now().since(began).milliseconds / 1000
            bar.show(progress.phase, share: progress.share, "\(progress.number) of \(progress.count), \(seconds) s")
        }
        let outcome: NodesRound.Outcome
        do { outcome = try await round.run() } catch {
            bar.clear()
            throw DrillFailure("\(folder): \(error)")
        }
        bar.clear()
        tell(outcome, seconds: clock.now().since(began).milliseconds / 1000)
        if outcome.violations.isEmpty { try FileManager.default.removeItem(atPath: folder) }
        return outcome.violations.isEmpty
    }

    private func tell(_ outcome: NodesRound.Outcome, seconds: Int64) {
        if isForMachines {
            let json: JSONValue = [
                "seed": .int(Int64(clamping: seed)), "seconds": .int(seconds),
                "phases": .array(outcome.phases.map(\.json)),
                "counts": .object(JSONObject(outcome.counts.map { ($0.name, .int(Int64($0.count))) })),
                "violations": .array(outcome.violations.map { .string($0.description) }),
            ]
            return say(json.text())
        }
        say(PhaseRow.heading)
        for phase in outcome.phases { say(phase.markdown) }
        say("")
        for violation in outcome.violations { say("\(violation)") }
        for story in outcome.stories { say(story) }
        let counts = outcome.counts.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
        say("\(seconds) s; \(counts); \(outcome.violations.count) violations")
        if !outcome.violations.isEmpty { say("logs: \(folder)/logs") }
    }

    /// A line at once, also into a pipe.
    private func say(_ line: String) { Terminal.write(line + "\n") }
}
