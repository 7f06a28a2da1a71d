internal import CurlTransport
internal import Database
internal import Dispatch
internal import Drills
private import Foundation
internal import HTTP
internal import JSON
internal import Kernel

/// Drills with real processes; no part of the shipped binary.
@main
enum KessaiDrill {
    static let usage = """
        usage: kessai-drill kills --database sqlite|postgresql|both --binary PATH [OPTIONS]

        Kills real processes with SIGKILL under load, and checks the books.
          --kills N       how many kills on each database (30)
          --round N       how many of them in a round; each round has a database and a sandbox of its own (30)
          --seed S        the seed of all that the drill decides (1)
          --server URL    the PostgreSQL server where databases are made: postgresql://user@host:port/database
          --folder PATH   where the rounds' folders are made; kept where a rule is broken (the temporary folder)
          --json          one object at the end
          --markdown      the table of kills as Markdown
        Exit status: 0 no violation, 1 a violation or a drill that could not be held, 2 wrong usage.

        """

    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        // Who is asked to end takes the processes along.
        let drill = Task {
            await status(telling: { line in FileHandle.standardError.write(Data("\(line)\n".utf8)) }) {
                try await command(words)()
            }
        }
        let sources = sources(of: [SIGTERM, SIGINT]) { drill.cancel() }
        defer { withExtendedLifetime(sources) {} }
        exit(await drill.value)
    }

    /// Does something at signals, as long as what it returns is kept. `body` runs on a thread of a queue: one that belonged
    /// to the main actor, as `main` does, would trap there.
    nonisolated static func sources(
        of signals: [Int32], _ body: @escaping @Sendable () -> Void
    ) -> [any DispatchSourceSignal] {
        signals.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler(handler: body)
            source.resume()
            return source
        }
    }

    /// The exit status of a drill that tells whether no rule was broken; what went wrong is said.
    static func status(
        telling say: (String) -> Void, of drill: () async throws -> Bool
    ) async -> Int32 {
        do { return try await drill() ? 0 : 1 } catch let error as WrongUsage {
            say("kessai-drill: \(error.message)\n\n\(usage)\n\(NodesCommand.usage)")
            return 2
        } catch {
            say("kessai-drill: \(error)")
            return 1
        }
    }

    /// What the words ask for; it tells whether no rule was broken.
    static func command(_ words: [String]) throws -> @Sendable () async throws -> Bool {
        if words.first == "nodes" {
            let command = try NodesCommand(Array(words.dropFirst()))
            return { try await command.run() }
        }
        let command = KillsCommand(try DrillOptions(words))
        return { try await command.run() }
    }
}

/// The command line is not as the usage says.
struct WrongUsage: Error {
    let message: String
}

/// What the command line asks for.
struct DrillOptions {
    var databases: [SQLDialect] = []
    var binary = ""
    var kills = 30
    var killsPerRound = 30
    var seed: UInt64 = 1
    var server: String?
    var folder = NSTemporaryDirectory()
    var isForMachines = false
    var isMarkdown = false

    init(_ words: [String]) throws {
        guard words.first == "kills" else { throw WrongUsage(message: "the drill is missing: kills or nodes") }
        var values: [String: String] = [:]
        var rest = words.dropFirst()
        while let word = rest.popFirst() {
            switch word {
            case "--json": isForMachines = true
            case "--markdown": isMarkdown = true
            case "--database", "--binary", "--kills", "--round", "--seed", "--server", "--folder":
                guard let value = rest.popFirst() else { throw WrongUsage(message: "\(word) needs a value") }
                values[word] = value
            default: throw WrongUsage(message: "unknown option '\(word)'")
            }
        }
        switch values["--database"] {
        case "both": databases = [.sqlite, .postgresql]
        case let name?: databases = [SQLDialect(rawValue: name)].compactMap(\.self)
        case nil: break
        }
        guard !databases.isEmpty else { throw WrongUsage(message: "--database must be sqlite, postgresql or both") }
        guard let path = values["--binary"] else { throw WrongUsage(message: "--binary is missing") }
        binary = URL(fileURLWithPath: path).standardizedFileURL.path
        kills = try Self.number(values["--kills"], in: 1...100_000, default: 30)
        killsPerRound = try Self.number(values["--round"], in: 1...200, default: 30)
        seed = UInt64(try Self.number(values["--seed"], in: 0...Int.max, default: 1))
        server = values["--server"]
        if databases.contains(.postgresql), server == nil { throw WrongUsage(message: "--server is missing") }
        folder = URL(fileURLWithPath: values["--folder"] ?? folder).standardizedFileURL.path
    }

    static func number(_ text: String?, in range: ClosedRange<Int>, default value: Int) throws -> Int {
        guard let text else { return value }
        guard let number = Int(text), range.contains(number) else {
            throw WrongUsage(message: "\(text) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
