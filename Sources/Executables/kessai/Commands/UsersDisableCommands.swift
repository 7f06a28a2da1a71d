internal import Accounts
internal import Audit
internal import CommandWords
internal import CurlTransport
internal import Database
internal import Kernel
internal import KessaiApp

/// `kessai users disable`: shuts an account.
struct UsersDisableCommand: Command {
    static let name = "users disable"
    static let synopsis = "EMAIL"
    static let summary = "let an account log in no more; an operator is out at once"
    static let details = """
        A buyer's token is good until it expires, 15 minutes at most. Orders stay. The change is recorded; a repeat changes
        nothing. Exit status: 1 when there is no such account.
        """
    static let wordsMax = 1

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        try await UsersState.set(arguments, command: Self.name, isEnabled: false)
    }
}

/// `kessai users enable`: opens it again.
struct UsersEnableCommand: Command {
    static let name = "users enable"
    static let synopsis = "EMAIL"
    static let summary = "let a disabled account log in again, with its password of before"
    static let details =
        "The change is recorded; a repeat changes nothing. Exit status: 1 when there is no such account."
    static let wordsMax = 1

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        try await UsersState.set(arguments, command: Self.name, isEnabled: true)
    }
}

private enum UsersState {
    static func set(_ arguments: Arguments, command: String, isEnabled: Bool) async throws -> ExitStatus {
        guard let email = arguments.positional.first else { throw UsageError(message: "\(command) needs an address") }
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try await Opening.commandDatabase(settings, clock: clock)
        let (app, transport) = try await Opening.application(
            settings, database: database, log: .silent, clock: clock, takesIntoUse: false)
        do {
            guard let user = try await app.accounts.user(email: Secret(email)) else {
                throw CommandFailure(message: "there is no account with the address \(email); see kessai users list")
            }
            let word = isEnabled ? "enabled" : "disabled"
            if user.isEnabled == isEnabled {
                Terminal.write("\(email) was \(word) already; nothing was changed\n")
            } else {
                _ =
                    isEnabled
                    ? try await app.accounts.enable(user.id, actor: .cli)
                    : try await app.accounts.disable(user.id, actor: .cli)
                Terminal.write("\(email) is \(word) now\n")
            }
        } catch AccountsError.invalidInput(let faults) {
            throw UsageError(message: faults.told(about: email))
        }
        await database.close()
        transport.close()
        return .success
    }
}
