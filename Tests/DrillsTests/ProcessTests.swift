import ChildProcess
import Database
import JSON
import Kernel
import KernelTesting
import Testing

@testable import Drills

/// Processes: started, looked at, killed (GEN-15). `sh` stands for the binary.
@Suite struct ProcessTests {
    private func withSite(_ body: (Site) async throws -> Void) async throws {
        let clock = SystemClock()
        let folder = "/tmp/kessai-drill-test-\(SystemRandomSource().alphanumerics(12))"
        let site = try Site(binary: "/bin/sh", folder: folder, environment: ["WORD": "shared"], clock: clock)
        do { try await body(site) } catch {
            try await remove(folder)
            throw error
        }
        try await remove(folder)
    }

    private func remove(_ folder: String) async throws {
        let site = try Site(binary: "/bin/rm", folder: "/tmp", clock: SystemClock())
        let child = try ChildProcess(
            "/bin/rm", ["-r", folder], environment: [:], directory: "/", output: "/dev/null", errors: "/dev/null")
        #expect(try await site.end(of: child, within: .seconds(20)) == .exited(0))
    }

    @Test func `a command is run in the folder with the environment and input it is given`() async throws {
        try await withSite { site in
            let script = "read line; pwd; echo \"$WORD $OWN $line ${HOME-none}\"; echo error >&2; exit 3"
            let ran = try await site.run("one", ["-c", script], adding: ["OWN": "own"], input: "a line\n")
            #expect(ran.status == 3)
            #expect(ran.text == "\(site.folder)\nshared own a line none\nerror\n")
        }
    }

    @Test func `a process that does not end is killed, and told`() async throws {
        try await withSite { site in
            await #expect(throws: DrillFailure.self) { try await site.run("long", ["-c", "sleep 60"], seconds: 0) }
            let child = try site.start("longer", ["-c", "sleep 60"])
            #expect(child.poll() == nil)
            child.send(.kill)
            #expect(try await site.end(of: child, within: .seconds(20)) == .killed(signal: ChildProcess.killSignal))
            // A second signal reaches nobody, not even who has the number then.
            child.send(.kill)
            #expect(child.poll() == .killed(signal: ChildProcess.killSignal))
        }
    }

    @Test(arguments: ["/no/such/program", "/etc/passwd"])
    func `what is no program is no site`(path: String) async throws {
        try await withSite { site in
            #expect(throws: DrillFailure.self) { try Site(binary: path, folder: site.folder, clock: site.clock) }
        }
    }

    @Test func `a node that dies at once, in time or by a failpoint is told apart`() async throws {
        try await withSite { site in
            let folder = site.folder
            func node(_ name: String, _ script: String) async throws -> Node {
                let write = try await site.run(
                    "write-\(name)", ["-c", "cat > \(name); chmod +x \(name)"], input: "#!/bin/sh\n\(script)\n")
                #expect(write.status == 0)
                return Node(name, .work, on: try Site(binary: "\(folder)/\(name)", folder: folder, clock: site.clock))
            }
            let ready = "echo '{\"event\":\"job_runner_started\"}'"
            let faulty = try await node("faulty", "exit 7")
            #expect(try await faulty.start() == false)
            #expect(try await faulty.kill(after: .seconds(5)) == .other(.exited(7)))

            let steady = try await node("steady", "\(ready); exec sleep 60")
            #expect(try await steady.start())
            await #expect(throws: DrillFailure.self) { _ = try await steady.start() }
            #expect(try await steady.kill(after: .milliseconds(20)) == .killed)
            #expect(try await steady.start(failpoints: "mail.after", secondsAhead: 5))
            #expect(try await steady.kill(after: .milliseconds(20)) == .killed)

            let failing = try await node(
                "failing",
                "\(ready); echo '{\"level\":\"warning\",\"event\":\"failpoint\",\"name\":\"mail.after job:a\"}'; kill -9 $$"
            )
            _ = try await failing.start()
            #expect(try await failing.kill(after: .seconds(5)) == .failpoint("mail.after job:a"))
        }
    }

    @Test func `the cluster's script is asked in its words, its last line is the answer, and its failure is told`()
        async throws
    {
        try await withSite { site in
            let script = """
                case $1 in
                direct) echo starting; echo postgresql://postgres@127.0.0.1:5001/postgres ;;
                standby) echo postgresql://postgres@127.0.0.1:5002/postgres ;;
                nginx) echo "http://nginx $(basename "$2") $3 $4" ;;
                *) echo "no disk" >&2; exit 3 ;;
                esac
                """
            let write = try await site.run("write", ["-c", "cat > cluster.sh"], input: script)
            #expect(write.status == 0)
            let cluster = Cluster(script: site.folder + "/cluster.sh", site: site)
            let listen = try await cluster.listenURL()
            #expect(
                listen
                    == "postgresql://postgres@127.0.0.1:5001,127.0.0.1:5002/postgres?target_session_attrs=read-write")
            let front = try await cluster.nginx(["http://127.0.0.1:8001", "http://127.0.0.1:8002"])
            #expect(front == "http://nginx cluster 8001 8002")
            let failure = await #expect(throws: DrillFailure.self) { try await cluster.run("promote") }
            #expect(failure?.description.contains("scripts/cluster promote: no disk") == true)
        }
    }

    @Test func `a drill that is asked to end does so by itself, and says so`() async throws {
        try await withSite { site in
            // Stands for a binary whose sandbox never begins.
            let write = try await site.run(
                "write", ["-c", "cat > slow; chmod +x slow"],
                input: "#!/bin/sh\necho ran >> \(site.folder)/ran\nexec sleep 60\n")
            #expect(write.status == 0)
            let tests = try #require(CommandLine.arguments.first)
            let drill = String(tests[..<(try #require(tests.lastIndex(of: "/")))]) + "/kessai-drill"
            let child = try ChildProcess(
                drill, ["kills", "--database", "sqlite", "--binary", site.folder + "/slow", "--folder", site.folder],
                environment: [:], directory: site.folder, output: site.log("drill"), errors: site.log("drill"))
            let deadline = site.clock.now().adding(.seconds(20))
            while Files.text(site.folder + "/ran") == nil, site.clock.now() < deadline {
                try await site.clock.sleep(for: .milliseconds(5))
            }
            child.send(.terminate)
            let end = try await site.end(of: child, within: .seconds(20))
            child.send(.kill)
            #expect(end == .exited(1))
            #expect(site.written("drill").contains("CancellationError"))
        }
    }

    @Test func `a port that is free is below those of connections`() throws {
        let port = try #require(LoopbackPort.free(random: SeededRandom()))
        #expect((12_000...31_000).contains(port))
    }

    @Test func `kills are counted by place and database, and the violations of their rounds with them`() {
        var table = KillTable()
        table.add(.init(database: .sqlite, name: KillTable.random))
        table.add(.init(database: .sqlite, name: "mail.after job:a"))
        var other = KillTable()
        other.add(.init(database: .postgresql, name: "mail.after job:a"))
        other.add(.init(database: .postgresql, name: "mail.after job:a"))
        other.add(.init(database: .postgresql, name: "mail.before job:a"))
        other.add(violations: 3, on: .postgresql)
        table.add(violations: 0, on: .sqlite)
        table.add(other)
        #expect(table.total() == 5)
        #expect(table.total(on: .postgresql) == 3)
        #expect(
            table.markdown == """
                | killed | SQLite | violations | PostgreSQL | violations |
                |---|---:|---:|---:|---:|
                | at random | 1 | 0 | 0 | 0 |
                | `mail.after job:a` | 1 | 0 | 2 | 3 |
                | `mail.before job:a` | 0 | 0 | 1 | 3 |
                | **all** | **2** | **0** | **3** | **3** |

                """)
        #expect(table.json[1]?["postgresql"] == 2)
        #expect(table.json[1]?["postgresql_violations"] == 3)
        #expect(table.json[1]?["sqlite_violations"] == 0)
    }

    @Test func `a drill in which nothing of a kind happened is a violation`() {
        #expect(Ground.emptiness(of: [("orders", 1), ("mails", 2)]) == [])
        #expect(
            Ground.emptiness(of: [("orders", 0), ("mails", 2), ("refunds", 0)]).map(\.what) == [
                "no orders", "no refunds",
            ])
    }

    @Test func `a client's memory has everything when something was paid, delivered and given back`() {
        let memory = Memory()
        let facts: [Memory.Fact] = [
            .paid(order: "a"), .confirmed(reference: 1, device: "d", product: "license"),
            .refunded(refund: "r", order: "a", amountMinor: 1),
        ]
        for fact in facts {
            #expect(!memory.hasEverything)
            memory.learn(fact)
        }
        #expect(memory.hasEverything)
    }
}
