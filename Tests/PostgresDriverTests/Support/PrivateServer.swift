import Foundation
import Testing

/// A server of its own, for tests that stop it or change its settings.
final class PrivateServer: Sendable {
    /// What makes it: `postgres`, or `cluster` for one with a replica.
    private let script: String
    let url: String
    private let folder: String

    init(_ script: String = "postgres") throws {
        self.script = script
        folder = NSTemporaryDirectory() + "kessai-" + TestServer.freshName()
        url = try Self.run(script, "start", folder)
    }

    /// Runs a command of the script; gives the last line it prints.
    @discardableResult
    func run(_ command: String) throws -> String { try Self.run(script, command, folder) }

    func remove() {
        do {
            try run("stop")
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            Issue.record(error)
        }
    }

    private static func run(_ script: String, _ command: String, _ folder: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = root.appending(path: "scripts/\(script)")
        process.environment = ProcessInfo.processInfo.environment.merging(["KESSAI_CLUSTER_POOLER": "no"]) { $1 }
        process.arguments = [command, folder]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self).split(separator: "\n").last.map(String.init) ?? ""
    }
}
