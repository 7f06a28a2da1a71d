internal import Accounts
internal import Audit
internal import CurlTransport
internal import Database
internal import Identity
internal import JSON
internal import Kernel
internal import KessaiApp

/// `kessai users role`: makes a buyer an operator, or an operator a buyer.
struct UsersRoleCommand: Command {
    static let name = "users role"
    static let synopsis = "EMAIL --role operator|buyer"
    static let summary = "change what an account may do; who becomes an operator gets a new password"
    static let details = """
        Anyone may register an address that is not theirs, with a password that only they know. So the password of whoever
        becomes an operator is set anew: it is asked for twice, or without a terminal it is the first line of standard
        input. What was logged in before never becomes an operator's. The change is recorded. A repeat changes nothing.
        Exit status: 1 when there is no such account, 2 when the address or the password is not fit.
        """
    static let options: Set<String> = ["--role"]
    static let wordsMax = 1

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        guard let email = arguments.positional.first else { throw UsageError(message: "users role needs an address") }
        guard let named = arguments["--role"] else { throw UsageError(message: "users role needs --role") }
        let role = try Role(argument: named)
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try Opening.database(settings, clock: clock)
        let (app, transport) = try await Opening.application(settings, database: database, log: .silent, clock: clock)
        do {
            guard let user = try await app.accounts.user(email: Secret(email)) else {
                throw CommandFailure(message: "there is no account with the address \(email); see kessai users add")
            }
            if user.role == role {
                Terminal.write("\(email) was \(role.rawValue) already; nothing was changed\n")
            } else {
                let password = role == .operator ? try PasswordPrompt.newPassword() : nil
                _ = try await app.accounts.changeRole(of: user.id, to: role, newPassword: password, actor: .cli)
                let addition = role == .operator ? ", with the new password" : ""
                Terminal.write("\(email) is \(role.rawValue) now\(addition)\n")
            }
        } catch AccountsError.invalidInput(let faults) {
            throw UsageError(message: faults.told(about: email))
        }
        await database.close()
        transport.close()
        return .success
    }
}
