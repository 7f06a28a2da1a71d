internal import Accounts
internal import Audit
internal import CurlTransport
internal import Database
private import Glibc
internal import HTTP
internal import Identity
internal import JSON
internal import Kernel
internal import KessaiApp

/// `kessai users add`: makes the first operator.
struct UsersAddCommand: Command {
    static let name = "users add"
    static let usage = """
        users add EMAIL [--role operator|buyer] [--name NAME]   make an account; the password is asked for

        Without a terminal the password is the first line of standard input. The role is buyer unless it is given.
        """
    static let flags: Set<String> = []
    static let options: Set<String> = ["--role", "--name"]

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        guard arguments.positional.count == 1 else { throw UsageError(message: "users add needs one address") }
        guard let role = Role(rawValue: arguments["--role"] ?? "buyer") else {
            throw UsageError(message: "--role must be one of: " + Role.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let password = try Self.password()
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try Opening.database(settings, clock: clock)
        let (app, transport) = try await Opening.application(settings, database: database, log: .silent, clock: clock)
        do {
            let user = try await app.accounts.addUser(
                email: Secret(arguments.positional[0]), password: password, name: arguments["--name"], role: role,
                actor: .cli)
            Terminal.write("added \(role.rawValue) \(user.id)\n")
        } catch let error as AccountsError {
            throw UsageError(message: error.problem.fields.first?.detail ?? error.problem.detail)
        }
        await database.close()
        transport.close()
        return .success
    }

    private static func password() throws -> Secret {
        guard isatty(0) == 1 else { return Secret(readLine(strippingNewline: true) ?? "") }
        let first = ask("Password: ")
        guard first == ask("Again: ") else { throw UsageError(message: "the two passwords differ") }
        return Secret(first)
    }

    /// Asks without showing what is typed.
    private static func ask(_ prompt: String) -> String {
        Terminal.write(prompt, toErrors: true)
        var shown = termios()
        tcgetattr(0, &shown)
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSANOW, &hidden)
        defer {
            tcsetattr(0, TCSANOW, &shown)
            Terminal.write("\n", toErrors: true)
        }
        return readLine(strippingNewline: true) ?? ""
    }
}
