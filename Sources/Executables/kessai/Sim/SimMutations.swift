internal import CommandWords
internal import JSON
internal import Kernel
internal import Simulator

/// Plants every bug of the list, one after the other, and tells which history caught it.
struct SimMutations {
    let seed: UInt64
    let runsMax: Int
    let jobs: Int

    /// Fails where a bug was not caught: then the simulator does not see what it should.
    func run(isJSON: Bool) async throws -> ExitStatus {
        var found: [JSONValue] = []
        var isEachCaught = true
        for mutation in Mutations.all {
            let simulator = try await Simulator(mutation: mutation)
            let tally = try await SimProgress.of(mutation.name, count: runsMax, clock: SystemClock()) { progress in
                try await simulator.run(from: seed, count: runsMax, jobs: jobs, failuresMax: 1, progress: progress)
            }
            let failure = tally.failures.first
            isEachCaught = isEachCaught && failure != nil
            if isJSON {
                found.append([
                    "mutation": .string(mutation.name), "seed": failure.map { .string(String($0.seed)) } ?? .null,
                    "histories": .int(Int64(tally.histories)),
                    "violations": .array(failure?.violations.map { .string($0) } ?? []),
                ])
            } else {
                Terminal.write(line(mutation, failure, tally.histories))
            }
        }
        if isJSON { Terminal.write(JSONValue.array(found).text() + "\n") }
        return isEachCaught ? .success : .failure
    }

    private func line(_ mutation: Mutation, _ failure: Outcome?, _ histories: Int) -> String {
        let caught = failure.map { "seed \($0.seed), \(histories) played: \($0.violations.first ?? "")" }
        let name = mutation.name + String(repeating: " ", count: max(1, 30 - mutation.name.count))
        return "\(caught == nil ? "✗" : "✓") \(name)\(caught ?? "not caught in \(histories)")\n"
    }
}
