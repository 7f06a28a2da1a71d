internal import Accounts
internal import Audit
internal import CommandWords
internal import CurlTransport
internal import Database
internal import Identity
internal import JSON
internal import Kernel
internal import KessaiApp

/// `kessai users add`: makes the first operator.
struct UsersAddCommand: Command {
    static let name = "users add"
    static let synopsis = "EMAIL [--role operator|buyer] [--name NAME]"
    static let summary = "make an account; the password is asked for"
    static let details = """
        Without a terminal the password is the first line of standard input. The role is buyer unless it is given.
        Exit status: 1 when there is an account with the address (`kessai users role` changes it), 2 when the address or
        the password is not fit.
        """
    static let options: Set<String> = ["--role", "--name"]
    static let wordsMax = 1

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        guard let email = arguments.positional.first else { throw UsageError(message: "users add needs an address") }
        let role = try Role(argument: arguments["--role"] ?? Role.buyer.rawValue)
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try await Opening.commandDatabase(settings, clock: clock)
        let (app, transport) = try await Opening.application(
            settings, database: database, log: .silent, clock: clock, takesIntoUse: false)
        do {
            let password = try PasswordPrompt.newPassword()
            let user = try await app.accounts.addUser(
                email: Secret(email), password: password, name: arguments["--name"], role: role, actor: .cli)
            Terminal.write("added \(role.rawValue) \(user.id)\n")
        } catch AccountsError.emailTaken {
            throw CommandFailure(
                message: "there is an account with the address \(email) already (see kessai users list); "
                    + (role == .operator
                        ? "kessai users role \(email) --role operator makes it an operator's, with a new password"
                        : "kessai users role \(email) --role buyer --new-password makes it a buyer's, with a new password")
            )
        } catch AccountsError.invalidInput(let faults) {
            throw UsageError(message: faults.told(about: email))
        }
        await database.close()
        transport.close()
        return .success
    }
}

extension Role {
    /// The role that an option names. Throws `UsageError`.
    init(argument: String) throws {
        guard let role = Role(rawValue: argument) else {
            throw UsageError(message: "--role must be one of: " + Role.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self = role
    }
}

extension [FieldError] {
    /// What is wrong, and with which address.
    func told(about email: String) -> String {
        map { $0.field == "email" ? "the address \(email) \($0.detail)" : "the \($0.field) \($0.detail)" }
            .joined(separator: "; ")
    }
}
