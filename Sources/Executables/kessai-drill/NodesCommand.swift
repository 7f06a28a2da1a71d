internal import CurlTransport
internal import Drills
private import Foundation
internal import JSON
internal import Kernel

/// `kessai-drill nodes`: many nodes on one PostgreSQL, and everything that may happen to them.
struct NodesCommand {
    static let usage = """
        usage: kessai-drill nodes --binary PATH [OPTIONS]

        Three nodes that serve and two that work behind nginx and pgbouncer; under load nodes are killed and added,
        PostgreSQL is restarted, its primary killed and its replica promoted. Then the books are checked.
          --cluster PATH  the script that makes the cluster (scripts/cluster)
          --phase S       about how many seconds each phase lasts (6)
          --seed S        the seed of the load (1)
          --folder PATH   where its folder is made; kept where a rule is broken (the temporary folder)
          --json          one object at the end, in the place of the table

        """

    let binary: String
    let script: String
    let phaseSeconds: Int64
    let seed: UInt64
    let folder: String
    let isForMachines: Bool
    private let clock = SystemClock()
    private let random = SystemRandomSource()

    init(_ words: [String]) throws {
        var values: [String: String] = [:]
        var rest = words[...]
        while let word = rest.popFirst() {
            guard ["--binary", "--cluster", "--phase", "--seed", "--folder"].contains(word) else {
                guard word == "--json" else { throw WrongUsage(message: "unknown option '\(word)'") }
                values[word] = ""
                continue
            }
            guard let value = rest.popFirst() else { throw WrongUsage(message: "\(word) needs a value") }
            values[word] = value
        }
        func path(_ text: String) -> String { URL(fileURLWithPath: text).standardizedFileURL.path }
        guard let binary = values["--binary"] else { throw WrongUsage(message: "--binary is missing") }
        self.binary = path(binary)
        script = path(values["--cluster"] ?? "scripts/cluster")
        phaseSeconds = Int64(try DrillOptions.number(values["--phase"], in: 1...600, default: 6))
        seed = UInt64(try DrillOptions.number(values["--seed"], in: 0...Int.max, default: 1))
        folder = path(values["--folder"] ?? NSTemporaryDirectory()) + "/kessai-nodes-" + random.alphanumerics(10)
        isForMachines = values["--json"] != nil
    }

    /// Whether no rule was broken.
    func run() async throws -> Bool {
        let transport = try CurlTransport(log: .silent)
        defer { transport.close() }
        let began = clock.now()
        let site = try Site(binary: binary, folder: folder, clock: clock)
        let round = NodesRound(
            at: site, script: script, seed: seed, phaseLength: .seconds(phaseSeconds), via: transport, random: random)
        let outcome: NodesRound.Outcome
        do { outcome = try await round.run() } catch { throw DrillFailure("\(folder): \(error)") }
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
    private func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
