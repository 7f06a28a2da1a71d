internal import Accounts
internal import CommandWords
internal import Database
internal import HTTP
internal import JSON
internal import Jobs
private import Kernel
internal import KessaiApp

#if canImport(Glibc)
    private import Glibc
#endif

/// The one binary: finds the command, runs it, and turns its outcome into an exit status.
@main
enum Kessai {
    static var table: CommandTable {
        CommandTable(
            of: "kessai",
            commands: [
                DemoCommand.self, ServeCommand.self, WorkCommand.self, MigrateCommand.self, ReconcileCommand.self,
                WhyCommand.self, UsersAddCommand.self, UsersRoleCommand.self, UsersDisableCommand.self,
                UsersEnableCommand.self, UsersListCommand.self,
                ProductsImportCommand.self, JobsDeadCommand.self, JobsReplayCommand.self, ConfigCheckCommand.self,
                SandboxStripeCommand.self, SimCommand.self,
            ], version: KessaiApp.version)
    }

    static func main() async {
        Terminal.begin()
        let words = Array(CommandLine.arguments.dropFirst())
        var isForMachines = false
        do {
            try Descriptors.demandEnough()
            switch try table.understand(words) {
            case .tell(let text, let status):
                Terminal.write(text, toErrors: status != .success)
                exit(Terminal.status(after: status).rawValue)
            case .run(let command, let rest):
                isForMachines = command.flags.contains("--json") && rest.contains("--json")
                let status = try await command.init().run(try Arguments(rest, of: command, in: "kessai"))
                exit(Terminal.status(after: status).rawValue)
            }
        } catch {
            let (message, status) = explanation(of: error)
            if isForMachines {
                Terminal.write(JSONValue.object(["error": .string(message)]).text() + "\n")
            } else {
                Terminal.write("kessai: \(message)\n", toErrors: true)
            }
            exit(Terminal.status(after: status).rawValue)
        }
    }

    /// What a person at a terminal is told of an error, and how the process ends.
    private static func explanation(of error: any Error) -> (message: String, status: ExitStatus) {
        switch error {
        case let error as UsageError: (error.message, .usage)
        case let error as SettingsError: ("\(error)", .usage)
        case let error as CommandFailure: (error.message, .failure)
        case DatabaseError.schemaMismatch(let text): (text, .failure)
        case DatabaseError.unavailable(let reason):
            ("the database that DATABASE_URL names cannot be used: \(reason)", .failure)
        case DatabaseError.conflict:
            ("the database is locked by others: a move into it (kessai migrate --from) may be under way", .failure)
        case DatabaseError.statement(let code, let message): ("the database refuses (\(code)): \(message)", .failure)
        case let error as any ProblemConvertible:
            (error.problem.fields.first.map { "\($0.field) \($0.detail)" } ?? error.problem.detail, .failure)
        case JobsError.jobNotFound: ("there is no such dead letter", .failure)
        case JobsError.jobNotDead: ("the job is no dead letter (any more)", .failure)
        default: ("\(error)", .failure)
        }
    }
}
