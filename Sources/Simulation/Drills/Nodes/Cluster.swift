internal import ChildProcess
internal import Kernel

/// PostgreSQL with a replica, pgbouncer and nginx, as `scripts/cluster` makes them.
struct Cluster: Sendable {
    let script: String
    let site: Site

    private var folder: String { site.folder + "/cluster" }

    /// Starts it; the URL of the database through pgbouncer.
    func start() async throws -> String { try await run("start") }

    /// Where notifications are heard past pgbouncer: whichever of the two servers takes writes.
    func listenURL() async throws -> String {
        let (primary, standby) = (try await run("direct"), try await run("standby"))
        func port(_ url: String) -> Substring { url.split(separator: "/")[1].split(separator: ":").last ?? "" }
        return "postgresql://postgres@127.0.0.1:\(port(primary)),127.0.0.1:\(port(standby))/postgres"
            + "?target_session_attrs=read-write"
    }

    /// Puts nginx before nodes at these addresses, or tells it that they are others now; its URL.
    func nginx(_ nodes: [String]) async throws -> String {
        try await run("nginx", nodes.map { String($0.split(separator: ":").last ?? "") })
    }

    /// Runs a command of the script; gives the last line that it writes. Throws ``DrillFailure``.
    @discardableResult
    func run(_ command: String, _ words: [String] = []) async throws -> String {
        let name = "cluster-\(command)"
        let output = site.log(name)
        let child = try ChildProcess(
            "/usr/bin/env", ["bash", script, command, folder] + words,
            environment: ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            directory: site.folder, output: output, errors: output)
        // Also when the drill is asked to end: `stop` must not meet a `start` that is under way.
        guard try await uncancelled({ try await site.end(of: child, within: .seconds(90)) }) == .exited(0) else {
            child.send(.kill)
            throw DrillFailure("scripts/cluster \(command): \(site.written(name))")
        }
        return site.written(name).split(separator: "\n").last.map(String.init) ?? ""
    }
}
