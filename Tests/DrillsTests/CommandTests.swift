import CommandWords
import Database
import Drills
import KernelTesting
import Testing

@testable import kessai_drill

/// The command line of the drills (GEN-15): its words and its exit status.
@Suite struct CommandTests {
    private func options(_ words: [String]) throws -> DrillOptions {
        try DrillOptions(try Arguments(words, of: KillsCommand.self, in: "kessai-drill"))
    }

    private func nodes(_ words: [String]) throws -> NodesDrill {
        try NodesDrill(try Arguments(words, of: NodesCommand.self, in: "kessai-drill"), random: SeededRandom(1))
    }

    /// What the words come to: the exit status, and what is told to errors and not.
    private func told(_ words: [String]) async -> (status: Int32, errors: String, output: String) {
        var (errors, output) = ("", "")
        func say(_ text: String, toErrors: Bool) { if toErrors { errors += text } else { output += text } }
        let status = await KessaiDrill.status(telling: say) { try await KessaiDrill.run(words, telling: say) }
        return (status, errors, output)
    }

    @Test func `kills have usual values`() throws {
        let options = try options(["--database", "sqlite", "--binary", "/bin/kessai"])
        #expect(options.databases == [.sqlite])
        #expect(options.binary == "/bin/kessai")
        #expect((options.kills, options.killsPerRound, options.seed) == (30, 30, 1))
        #expect(options.server == nil && !options.isForMachines && !options.isMarkdown)
    }

    @Test func `every option of kills is read`() throws {
        let options = try options([
            "--json", "--database", "both", "--server", "postgresql://u@h:1/d", "--binary", "/bin/../bin/kessai",
            "--kills", "300", "--round=20", "--seed", "7", "--folder", "/var/drills", "--markdown",
        ])
        #expect(options.databases == [.sqlite, .postgresql])
        #expect(options.binary == "/bin/kessai")
        #expect((options.kills, options.killsPerRound, options.seed) == (300, 20, 7))
        #expect(options.server == "postgresql://u@h:1/d")
        #expect(options.folder == "/var/drills")
        #expect(options.isForMachines && options.isMarkdown)
    }

    @Test(arguments: [
        (["burn"], "unknown command 'burn'; kessai-drill --help lists the commands"),
        (["kill"], "unknown command 'kill'; did you mean kills?"),
        (["--version"], "unknown option '--version'; kessai-drill --help lists the commands"),
        (["kills"], "--database must be sqlite, postgresql or both"),
        (["kills", "--database", "mysql", "--binary", "b"], "--database must be sqlite, postgresql or both"),
        (["kills", "--database", "sqlite"], "--binary is missing"),
        (["kills", "--database"], "--database needs a value"),
        (["kills", "--database", "both", "--binary", "b"], "--server is missing"),
        (["kills", "--verbose"], "unknown option '--verbose' of kills; see kessai-drill kills --help"),
        (["kills", "--databse", "sqlite"], "unknown option '--databse' of kills; did you mean --database?"),
        (["kills", "sqlite"], "'sqlite' is too many: kessai-drill \(KillsCommand.line)"),
        (["kills", "--json", "--json=1"], "--json takes no value"),
        (
            ["kills", "--database", "sqlite", "--binary", "b", "--kills", "0"],
            "--kills must be a number from 1 to 100000"
        ),
        (
            ["kills", "--database", "sqlite", "--binary", "b", "--round", "201"],
            "--round must be a number from 1 to 200"
        ),
        (["nodes"], "--binary is missing"), (["nodes", "--seed"], "--seed needs a value"),
        (["nodes", "--kills", "3"], "unknown option '--kills' of nodes; see kessai-drill nodes --help"),
        (["nodes", "--binary", "b", "--phase", "601"], "--phase must be a number from 1 to 600"),
        (["nodes", "--binary", "b", "--binary", "c"], "--binary is given twice"),
    ])
    func `wrong usage is told, and its status is 2`(words: [String], message: String) async {
        let told = await told(words)
        #expect(told.status == 2)
        #expect(told.errors == "kessai-drill: \(message)\n")
        #expect(told.output.isEmpty)
    }

    @Test func `the options of nodes are read`() throws {
        let usual = try nodes(["--binary", "/bin/kessai"])
        #expect((usual.binary, usual.phaseSeconds, usual.seed) == ("/bin/kessai", 6, 1))
        #expect(usual.script.hasSuffix("/scripts/cluster") && !usual.isForMachines)
        let drill = try nodes([
            "--phase", "2", "--json", "--seed", "9", "--cluster", "/opt/cluster", "--folder", "/var/drills", "--binary",
            "/bin/kessai",
        ])
        #expect((drill.script, drill.phaseSeconds, drill.seed) == ("/opt/cluster", 2, 9))
        #expect(drill.folder.hasPrefix("/var/drills/kessai-nodes-") && drill.isForMachines)
    }

    @Test func `each drill tells of every option it takes`() async throws {
        for (name, options) in [
            ("kills", KillsCommand.options.union(KillsCommand.flags)),
            ("nodes", NodesCommand.options.union(NodesCommand.flags)),
        ] {
            for words in [[name, "--help"], [name, "--seed", "1", "-h"], ["help", name]] {
                let told = await told(words)
                #expect(told.status == 0 && told.errors.isEmpty)
                #expect(told.output.hasPrefix("usage: kessai-drill \(name) "))
                for option in options { #expect(told.output.contains(option), "\(option)") }
                #expect(told.output.contains("Exit status: 0 no violation, 1 a violation"))
            }
        }
    }

    @Test func `without words it lists the drills and fails, and with a word for help it does not fail`() async {
        let nothing = await told([])
        #expect(nothing.status == 2 && nothing.output.isEmpty)
        for words in [["--help"], ["-h"], ["help"]] {
            let help = await told(words)
            #expect(help.status == 0)
            #expect(help.output == nothing.errors)
            #expect(help.output.contains("kessai-drill \(KillsCommand.line)\n"))
            #expect(help.output.contains("kessai-drill \(NodesCommand.line)\n"))
            #expect(help.output.contains("kessai-drill COMMAND --help tells more.\n"))
        }
    }

    @Test func `no violation is 0, a violation 1, and so is a drill that could not be held`() async {
        var told: [String] = []
        func say(_ text: String, toErrors: Bool) { told.append(text) }
        let good = await KessaiDrill.status(telling: say) { .success }
        let bad = await KessaiDrill.status(telling: say) { .failure }
        #expect((good, bad) == (0, 1))
        #expect(told == [])
        let none = await KessaiDrill.status(telling: say) { throw DrillFailure("no port is free") }
        #expect(none == 1)
        #expect(told == ["kessai-drill: no port is free\n"])
    }
}
