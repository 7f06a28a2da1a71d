internal import CommandWords
internal import Dispatch
internal import Drills
private import Foundation

/// Drills with real processes; no part of the shipped binary.
@main
enum KessaiDrill {
    static var table: CommandTable {
        CommandTable(of: "kessai-drill", commands: [KillsCommand.self, NodesCommand.self])
    }

    static func main() async {
        Terminal.begin()
        let words = Array(CommandLine.arguments.dropFirst())
        // Who is asked to end takes the processes along.
        let drill = Task {
            await status(telling: { text, toErrors in Terminal.write(text, toErrors: toErrors) }) {
                try await run(words) { text, toErrors in Terminal.write(text, toErrors: toErrors) }
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

    /// Does what the words ask for; a text is told to `say`, to errors or not.
    static func run(
        _ words: [String], telling say: (_ text: String, _ toErrors: Bool) -> Void
    ) async throws -> ExitStatus {
        switch try table.understand(words) {
        case .tell(let text, let status):
            say(text, status != .success)
            return Terminal.status(after: status)
        case .run(let command, let rest):
            let status = try await command.init().run(try Arguments(rest, of: command, in: "kessai-drill"))
            return Terminal.status(after: status)
        }
    }

    /// The exit status of what is done; what went wrong is said.
    static func status(
        telling say: (_ text: String, _ toErrors: Bool) -> Void, of drill: () async throws -> ExitStatus
    ) async -> Int32 {
        do { return try await drill().rawValue } catch let error as UsageError {
            say("kessai-drill: \(error.message)\n", true)
            return ExitStatus.usage.rawValue
        } catch {
            say("kessai-drill: \(error)\n", true)
            return ExitStatus.failure.rawValue
        }
    }
}

extension Arguments {
    /// An option's path, from where the process stands; nil when it was not given.
    func path(_ option: String) -> String? {
        self[option].map { URL(fileURLWithPath: $0).standardizedFileURL.path }
    }

    /// The path of an option that must be given. Throws `UsageError`.
    func requiredPath(_ option: String) throws -> String {
        guard let path = path(option) else { throw UsageError(message: "\(option) is missing") }
        return path
    }

    /// The folder in which a drill makes its own: `--folder`, or the temporary folder.
    var folder: String { path("--folder") ?? URL(fileURLWithPath: NSTemporaryDirectory()).standardizedFileURL.path }
}
