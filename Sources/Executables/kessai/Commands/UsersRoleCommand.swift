internal import Accounts
internal import Audit
internal import CommandWords
internal import CurlTransport
internal import Database
internal import Identity
internal import JSON
internal import Kernel
internal import KessaiApp

/// `kessai users role`: makes a buyer an operator, or an operator a buyer.
struct UsersRoleCommand: Command {
    static let name = "users role"
    static let synopsis = "EMAIL --role operator|buyer [--new-password]"
    static let summary = "change what an account may do; who becomes an operator gets a new password"
    static let details = """
        Anyone may register an address that is not theirs, with a password that only they know. So the password of whoever
        becomes an operator is set anew: it is asked for twice, or without a terminal it is the first line of standard
        input. What was logged in before never becomes an operator's. Changes are recorded. Who has the role already keeps
        the password.
          --new-password   sets the password in any case
        Exit status: 1 when there is no such account, or a password was given that was not set; 2 when the address or the
        password is not fit.
        """
    static let flags: Set<String> = ["--new-password"]
    static let options: Set<String> = ["--role"]
    static let wordsMax = 1

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        guard let email = arguments.positional.first else { throw UsageError(message: "users role needs an address") }
        guard let named = arguments["--role"] else { throw UsageError(message: "users role needs --role") }
        let role = try Role(argument: named)
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try await Opening.commandDatabase(settings, clock: clock)
        let (app, transport) = try await Opening.application(
            settings, database: database, log: .silent, clock: clock, takesIntoUse: false)
        do {
            guard let user = try await app.accounts.user(email: Secret(email)) else {
                throw CommandFailure(message: "there is no account with the address \(email); see kessai users add")
            }
            try await change(user, to: role, setsPassword: arguments.has("--new-password"), email, app)
        } catch AccountsError.invalidInput(let faults) {
            throw UsageError(message: faults.told(about: email))
        }
        await database.close()
        transport.close()
        return .success
    }

    private func change(
        _ user: User, to role: Role, setsPassword: Bool, _ email: String, _ app: KessaiApp
    ) async throws {
        let isNew = user.role != role
        if !isNew, !setsPassword {
            // Whoever sends a password believes that it is set; that it is not must be noticed, by scripts too.
            if role == .operator, PasswordPrompt.isPiped() {
                throw CommandFailure(
                    message: "\(email) was \(role.rawValue) already; the password was not changed, "
                        + "--new-password sets it")
            }
            return Terminal.write("\(email) was \(role.rawValue) already; nothing was changed\n")
        }
        let password = setsPassword || role == .operator ? try PasswordPrompt.newPassword() : nil
        if isNew {
            _ = try await app.accounts.changeRole(of: user.id, to: role, newPassword: password, actor: .cli)
        }
        if let password, !(isNew && role == .operator) {
            try await app.accounts.setPassword(of: user.id, to: password, actor: .cli)
        }
        let addition = password == nil ? "" : ", with the new password"
        Terminal.write("\(email) is \(role.rawValue) now\(addition)\n")
    }
}
