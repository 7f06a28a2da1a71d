import Database
import Drills
import Testing

@testable import kessai_drill

/// The command line of the drills: its words and its exit status.
@Suite struct CommandTests {
    @Test func `kills have usual values`() throws {
        let options = try DrillOptions(["kills", "--database", "sqlite", "--binary", "/bin/kessai"])
        #expect(options.databases == [.sqlite])
        #expect(options.binary == "/bin/kessai")
        #expect((options.kills, options.killsPerRound, options.seed) == (30, 30, 1))
        #expect(options.server == nil && !options.isForMachines && !options.isMarkdown)
    }

    @Test func `every option of kills is read`() throws {
        let options = try DrillOptions([
            "kills", "--json", "--database", "both", "--server", "postgresql://u@h:1/d", "--binary",
            "/bin/../bin/kessai",
            "--kills", "300", "--round", "20", "--seed", "7", "--folder", "/var/drills", "--markdown",
        ])
        #expect(options.databases == [.sqlite, .postgresql])
        #expect(options.binary == "/bin/kessai")
        #expect((options.kills, options.killsPerRound, options.seed) == (300, 20, 7))
        #expect(options.server == "postgresql://u@h:1/d")
        #expect(options.folder == "/var/drills")
        #expect(options.isForMachines && options.isMarkdown)
    }

    @Test(arguments: [
        ([], "the drill is missing: kills or nodes"), (["burn"], "the drill is missing: kills or nodes"),
        (["kills"], "--database must be sqlite, postgresql or both"),
        (["kills", "--database", "mysql", "--binary", "b"], "--database must be sqlite, postgresql or both"),
        (["kills", "--database", "sqlite"], "--binary is missing"),
        (["kills", "--database"], "--database needs a value"),
        (["kills", "--database", "both", "--binary", "b"], "--server is missing"),
        (["kills", "--loud"], "unknown option '--loud'"),
        (["kills", "--database", "sqlite", "--binary", "b", "--kills", "0"], "0 must be a number from 1 to 100000"),
        (["kills", "--database", "sqlite", "--binary", "b", "--round", "201"], "201 must be a number from 1 to 200"),
        (["nodes"], "--binary is missing"), (["nodes", "--seed"], "--seed needs a value"),
        (["nodes", "--kills", "3"], "unknown option '--kills'"),
        (["nodes", "--binary", "b", "--phase", "601"], "601 must be a number from 1 to 600"),
    ])
    func `wrong usage is told, and its status is 2`(words: [String], message: String) async {
        var told = ""
        let status = await KessaiDrill.status(telling: { told += $0 }) { try await KessaiDrill.command(words)() }
        #expect(status == 2)
        #expect(told.hasPrefix("kessai-drill: \(message)\n\nusage: kessai-drill kills"))
        #expect(told.contains("usage: kessai-drill nodes"))
    }

    @Test func `the options of nodes are read`() throws {
        let usual = try NodesCommand(["--binary", "/bin/kessai"])
        #expect((usual.binary, usual.phaseSeconds, usual.seed) == ("/bin/kessai", 6, 1))
        #expect(usual.script.hasSuffix("/scripts/cluster") && !usual.isForMachines)
        let command = try NodesCommand([
            "--phase", "2", "--json", "--seed", "9", "--cluster", "/opt/cluster", "--folder", "/var/drills", "--binary",
            "/bin/kessai",
        ])
        #expect((command.script, command.phaseSeconds, command.seed) == ("/opt/cluster", 2, 9))
        #expect(command.folder.hasPrefix("/var/drills/kessai-nodes-") && command.isForMachines)
    }

    @Test func `no violation is 0, a violation 1, and so is a drill that could not be held`() async {
        var told: [String] = []
        let good = await KessaiDrill.status(telling: { told.append($0) }) { true }
        let bad = await KessaiDrill.status(telling: { told.append($0) }) { false }
        #expect((good, bad) == (0, 1))
        #expect(told == [])
        let none = await KessaiDrill.status(telling: { told.append($0) }) { throw DrillFailure("no port is free") }
        #expect(none == 1)
        #expect(told == ["kessai-drill: no port is free"])
    }
}
