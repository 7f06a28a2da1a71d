import Foundation
import KernelTesting
import Testing

/// A server of its own, for tests that stop it or change its settings.
final class PrivateServer: Sendable {
    /// What makes it: `postgres`, or `cluster` for one with a replica.
    private let script: String
    let url: String
    let folder: String

    static func start(_ script: String) async throws -> PrivateServer {
        let folder = NSTemporaryDirectory() + "kessai-" + TestServer.freshName()
        return PrivateServer(script, url: try await run(script, "start", folder), folder)
    }

    private init(_ script: String, url: String, _ folder: String) {
        self.script = script
        self.url = url
        self.folder = folder
    }

    /// Runs a command of the script; gives the last line it prints.
    @discardableResult
    func run(_ command: String) async throws -> String { try await Self.run(script, command, folder) }

    private static func run(_ script: String, _ command: String, _ folder: String) async throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let (status, output) = try await offPool {
            let process = Process()
            process.executableURL = root.appending(path: "scripts/\(script)")
            process.environment = ProcessInfo.processInfo.environment.merging(["KESSAI_CLUSTER_POOLER": "no"]) { $1 }
            process.arguments = [command, folder]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let data = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: data, as: UTF8.self))
        }
        try #require(status == 0)
        return output.split(separator: "\n").last.map(String.init) ?? ""
    }
}

/// Starts a server, runs `body` with it and a sandbox on it, then stops and removes it.
func withPrivateServer(
    _ script: String = "postgres", _ body: (_ server: PrivateServer, _ sandbox: Sandbox) async throws -> Void
) async throws {
    let server = try await PrivateServer.start(script)
    let result: Result<Void, any Error>
    do {
        result = .success(try await withSandbox(at: server.url) { sandbox in try await body(server, sandbox) })
    } catch { result = .failure(error) }
    try await server.run("stop")
    try FileManager.default.removeItem(atPath: server.folder)
    try result.get()
}
