internal import CommandWords
internal import CurlTransport
internal import Database
internal import Drills
private import Foundation
internal import HTTP
internal import JSON
internal import Kernel

/// `kessai-drill kills`: round after round, until there were enough kills.
struct KillsCommand: Command {
    static let name = "kills"
    static let synopsis = "--database sqlite|postgresql|both --binary PATH [OPTIONS]"
    static let summary = "kill real processes with SIGKILL under load, and check the books"
    static let details = """
          --binary PATH   the kessai that is drilled
          --kills N       how many kills on each database (30)
          --round N       how many of them in a round; each round has a database and a sandbox of its own (30)
          --seed S        the seed of all that the drill decides (1)
          --server URL    the PostgreSQL server where databases are made: postgresql://user@host:port/database
          --folder PATH   where the rounds' folders are made; kept where a rule is broken (the temporary folder)
          --json          one object at the end
          --markdown      the table of kills as Markdown
        Exit status: 0 no violation, 1 a violation or a drill that could not be held, 2 wrong usage.
        """
    static let flags: Set<String> = ["--json", "--markdown"]
    static let options: Set<String> = [
        "--database", "--binary", "--kills", "--round", "--seed", "--server", "--folder",
    ]

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        try await Kills(try DrillOptions(arguments)).run() ? .success : .failure
    }
}

/// A drill of kills.
private struct Kills {
    let options: DrillOptions
    private let clock = SystemClock()
    private let random = SystemRandomSource()
    private let bar = ProgressBar()

    init(_ options: DrillOptions) { self.options = options }

    /// What all rounds brought.
    private struct Sum {
        var table = KillTable()
        var violations: [Violation] = []
        var counts: [(name: String, count: Int)] = []
        var folders: [String] = []
        var rounds = 0

        mutating func add(_ outcome: KillRound.Outcome) {
            table.add(outcome.table)
            violations += outcome.violations
            counts = outcome.counts.enumerated().map { index, entry in
                (entry.name, entry.count + (index < counts.count ? counts[index].count : 0))
            }
            rounds += 1
        }
    }

    /// Whether no rule was broken.
    func run() async throws -> Bool {
        let transport = try CurlTransport(log: .silent)
        defer { transport.close() }
        defer { bar.clear() }
        var sum = Sum()
        let began = clock.now()
        for database in options.databases {
            var round = 0
            while sum.table.total(on: database) < options.kills {
                round += 1
                let kills = min(options.kills - sum.table.total(on: database), options.killsPerRound)
                let outcome = try await hold(
                    round, on: database, kills: kills, after: sum.table.total(on: database), transport)
                guard outcome.table.total() > 0 else { throw DrillFailure("nothing was killed: \(outcome.folder)") }
                sum.add(outcome)
                if outcome.violations.isEmpty {
                    try FileManager.default.removeItem(atPath: outcome.folder)
                } else {
                    sum.folders.append(outcome.folder)
                }
            }
        }
        tell(sum, seconds: clock.now().since(began).milliseconds / 1000)
        return sum.violations.isEmpty
    }

    private func hold(
        _ round: Int, on database: SQLDialect, kills: Int, after before: Int, _ transport: any HTTPTransport
    ) async throws -> KillRound.Outcome {
        let seed = options.seed &* 1_000 &+ UInt64(round)
        let folder = "\(options.folder)/kessai-kills-\(random.alphanumerics(10))"
        let site = try Site(binary: options.binary, folder: folder, clock: clock)
        let plan = KillRound.Plan(
            database: database, server: options.server, kills: kills, seed: seed)
        let outcome: KillRound.Outcome
        do {
            outcome = try await KillRound(plan, at: site, via: transport, random: random).run { progress in
                let done = before + progress.kills
                bar.show(
                    "\(database.rawValue), round \(round): \(progress.season)",
                    share: Double(done) / Double(options.kills), "\(done) of \(options.kills) kills")
            }
            bar.clear()
        } catch {
            bar.clear()
            throw DrillFailure("round \(round) in \(folder): \(error)")
        }
        if !options.isForMachines {
            let counts = outcome.counts.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
            Self.say(
                "\(database.rawValue), round \(round): \(outcome.table.total()) kills "
                    + "(\(outcome.table.missed) failpoints not reached), \(counts): "
                    + "\(outcome.violations.count) violations")
            for violation in outcome.violations { Self.say("  \(violation)") }
            for story in outcome.stories { Self.say(story) }
            if !outcome.violations.isEmpty { Self.say("  logs: \(outcome.folder)/logs") }
        }
        return outcome
    }

    private func tell(_ sum: Sum, seconds: Int64) {
        let table = sum.table
        if options.isForMachines {
            let json: JSONValue = [
                "databases": .array(options.databases.map { .string($0.rawValue) }),
                "seed": .int(Int64(clamping: options.seed)), "rounds": .int(Int64(sum.rounds)),
                "seconds": .int(seconds), "kills": .int(Int64(table.total())),
                "not_reached": .int(Int64(table.missed)), "table": table.json,
                "counts": .object(JSONObject(sum.counts.map { ($0.name, .int(Int64($0.count))) })),
                "violations": .array(sum.violations.map { .string($0.description) }),
                "folders": .array(sum.folders.map { .string($0) }),
            ]
            return Self.say(json.text())
        }
        if options.isMarkdown {
            Self.say("\n" + table.markdown)
        } else {
            Self.say("SQLite\tbroken\tPostgreSQL\tbroken")
            for row in table.rows {
                let (sqlite, postgresql) = (row.sqlite, row.postgresql)
                Self.say(
                    "\(sqlite.kills)\t\(sqlite.violations)\t\(postgresql.kills)\t\(postgresql.violations)\t\(row.name)")
            }
        }
        let counts = sum.counts.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
        // Once more at the very end, where the tail of a long log shows it.
        for violation in sum.violations { Self.say("  \(violation)") }
        Self.say(
            "\(table.total()) kills in \(sum.rounds) rounds and \(seconds) s, \(table.missed) failpoints not reached; "
                + "\(counts); \(sum.violations.count) violations")
    }

    /// A line at once, also into a pipe.
    private static func say(_ line: String) { Terminal.write(line + "\n") }
}
