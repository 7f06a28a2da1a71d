internal import Database
internal import HTTP
internal import Jobs
private import Kernel
internal import KessaiApp

#if canImport(Glibc)
    private import Glibc
#endif

/// The one binary: finds the command, runs it, and turns its outcome into an exit status.
@main
enum Kessai {
    static var commands: [any Command.Type] {
        [
            DemoCommand.self, ServeCommand.self, WorkCommand.self, MigrateCommand.self, ReconcileCommand.self,
            WhyCommand.self, UsersAddCommand.self, ProductsImportCommand.self, JobsDeadCommand.self,
            JobsReplayCommand.self,
            ConfigCheckCommand.self, SandboxStripeCommand.self,
        ]
    }

    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        do {
            guard let (command, rest) = find(words) else {
                let asked = words.isEmpty || ["help", "--help", "-h"].contains(words[0])
                Terminal.write(usage, toErrors: !asked)
                exit(asked ? ExitStatus.success.rawValue : ExitStatus.usage.rawValue)
            }
            if rest.contains("--help") || rest.contains("-h") {
                Terminal.write(command.usage + "\n")
                exit(ExitStatus.success.rawValue)
            }
            let arguments = try Arguments(rest, flags: command.flags, options: command.options)
            let status = try await command.init().run(arguments)
            exit(status.rawValue)
        } catch let error as UsageError {
            Terminal.write("kessai: \(error.message)\n", toErrors: true)
            exit(ExitStatus.usage.rawValue)
        } catch let error as SettingsError {
            Terminal.write("kessai: \(error)\n", toErrors: true)
            exit(ExitStatus.usage.rawValue)
        } catch {
            Terminal.write("kessai: \(explanation(of: error))\n", toErrors: true)
            exit(ExitStatus.failure.rawValue)
        }
    }

    /// What a person at a terminal is told of an error.
    private static func explanation(of error: any Error) -> String {
        switch error {
        case DatabaseError.schemaMismatch(let text): text
        case DatabaseError.unavailable(let reason): "the database cannot be used: \(reason)"
        case let error as any ProblemConvertible: error.problem.detail
        case JobsError.jobNotFound: "there is no such dead letter"
        default: "\(error)"
        }
    }

    /// The command whose words begin the line; of several the longest.
    private static func find(_ words: [String]) -> ((any Command.Type), [String])? {
        func wordsOf(_ command: any Command.Type) -> [String] { command.name.split(separator: " ").map(String.init) }
        return commands.filter { words.starts(with: wordsOf($0)) }
            .max { wordsOf($0).count < wordsOf($1).count }
            .map { ($0, Array(words.dropFirst(wordsOf($0).count))) }
    }

    private static var usage: String {
        "usage: kessai COMMAND [OPTIONS]\n\n"
            + commands.map { "  " + $0.usage.split(separator: "\n")[0] + "\n" }.joined()
            + "\nkessai COMMAND --help tells more.\nExit status: 0 done, 1 failed, 2 wrong usage or configuration.\n"
    }
}
