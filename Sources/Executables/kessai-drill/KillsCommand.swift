internal import CurlTransport
internal import Database
internal import Drills
private import Foundation
internal import HTTP
internal import JSON
internal import Kernel

/// `kessai-drill kills`: round after round, until there were enough kills.
struct KillsCommand {
    private let options: DrillOptions
    private let clock = SystemClock()
    private let random = SystemRandomSource()

    init(_ options: DrillOptions) { self.options = options }

    /// Whether no rule was broken.
    func run() async throws -> Bool {
        let transport = try CurlTransport(log: .silent)
        defer { transport.close() }
        var table = KillTable()
        var violations: [Violation] = []
        var counts: [(name: String, count: Int)] = []
        var folders: [String] = []
        var round = 0
        let began = clock.now()
        while table.total() < options.kills {
            round += 1
            let outcome = try await hold(round, kills: options.kills - table.total(), transport)
            guard outcome.table.total() > 0 else { throw DrillFailure("nothing was killed: \(outcome.folder)") }
            table.add(outcome.table)
            violations += outcome.violations
            counts = outcome.counts.enumerated().map { index, entry in
                (entry.name, entry.count + (index < counts.count ? counts[index].count : 0))
            }
            if outcome.violations.isEmpty {
                try FileManager.default.removeItem(atPath: outcome.folder)
            } else {
                folders.append(outcome.folder)
            }
        }
        let seconds = clock.now().since(began).milliseconds / 1000
        tell(table, violations, counts, folders, rounds: round, seconds: seconds)
        return violations.isEmpty
    }

    private func hold(_ round: Int, kills: Int, _ transport: any HTTPTransport) async throws -> KillRound.Outcome {
        let seed = options.seed &* 1_000 &+ UInt64(round)
        let folder = "\(options.folder)/kessai-kills-\(random.alphanumerics(10))"
        let site = try Site(binary: options.binary, folder: folder, clock: clock)
        let plan = KillRound.Plan(
            database: options.database, server: options.server, kills: min(kills, options.killsPerRound), seed: seed)
        let outcome: KillRound.Outcome
        do {
            outcome = try await KillRound(plan, at: site, via: transport, random: random).run()
        } catch {
            throw DrillFailure("round \(round) in \(folder): \(error)")
        }
        if !options.isForMachines {
            let counts = outcome.counts.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
            Self.say(
                "\(options.database.rawValue), round \(round): \(outcome.table.total()) kills "
                    + "(\(outcome.table.missed) failpoints not reached), \(counts): "
                    + "\(outcome.violations.count) violations")
            for violation in outcome.violations { Self.say("  \(violation)") }
            for story in outcome.stories { Self.say(story) }
            if !outcome.violations.isEmpty { Self.say("  logs: \(outcome.folder)/logs") }
        }
        return outcome
    }

    private func tell(
        _ table: KillTable, _ violations: [Violation], _ counts: [(name: String, count: Int)], _ folders: [String],
        rounds: Int, seconds: Int64
    ) {
        if options.isForMachines {
            let json: JSONValue = [
                "database": .string(options.database.rawValue), "seed": .int(Int64(clamping: options.seed)),
                "rounds": .int(Int64(rounds)), "seconds": .int(seconds), "kills": .int(Int64(table.total())),
                "not_reached": .int(Int64(table.missed)), "table": table.json,
                "counts": .object(JSONObject(counts.map { ($0.name, .int(Int64($0.count))) })),
                "violations": .array(violations.map { .string($0.description) }),
                "folders": .array(folders.map { .string($0) }),
            ]
            return Self.say(json.text())
        }
        if options.isMarkdown {
            Self.say(table.markdown)
        } else {
            for row in table.rows { Self.say("\(max(row.sqlite, row.postgresql))\t\(row.name)") }
        }
        let sums = counts.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
        Self.say(
            "\(table.total()) kills on \(options.database.rawValue) in \(rounds) rounds and \(seconds) s, "
                + "\(table.missed) failpoints not reached; \(sums); \(violations.count) violations")
    }

    /// A line at once, also into a pipe.
    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
