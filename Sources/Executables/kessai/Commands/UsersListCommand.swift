internal import Accounts
internal import CommandWords
internal import CurlTransport
internal import Database
internal import Identity
internal import JSON
internal import Kernel
internal import KessaiApp

/// `kessai users list`: who has an account.
struct UsersListCommand: Command {
    static let name = "users list"
    static let synopsis = "[--role operator|buyer] [--limit N] [--json]"
    static let summary = "list accounts, the newest first: id, when made, role, address"
    static let details = """
          --role R    only these
          --limit N   how many, 1 to 1000 (100)
          --json      a line of JSON for each
        """
    static let flags: Set<String> = ["--json"]
    static let options: Set<String> = ["--role", "--limit"]

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        let role = try arguments["--role"].map { try Role(argument: $0) }
        let limit = try arguments.int("--limit", in: 1...AccountsService.listMax, default: 100)
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try await Opening.commandDatabase(settings, clock: clock)
        let (app, transport) = try await Opening.application(
            settings, database: database, log: .silent, clock: clock, takesIntoUse: false)
        let users = try await app.accounts.users(role: role, limit: limit)
        if !users.isEmpty, !arguments.has("--json") {
            Terminal.write("\("id".padded(36))  \("made".padded(24))  \("role".padded(8))  address\n")
        }
        for user in users {
            guard arguments.has("--json") else {
                let state = user.isEnabled ? "" : "  (disabled)"
                let role = user.role.rawValue.padded(8)
                Terminal.write("\(user.id)  \(user.createdAt)  \(role)  \(user.email.reveal())\(state)\n")
                continue
            }
            let line: JSONValue = [
                "id": .string(user.id.rawValue), "email": .string(user.email.reveal()),
                "role": .string(user.role.rawValue), "created_at": .string("\(user.createdAt)"),
                "disabled": .bool(!user.isEnabled),
            ]
            Terminal.write(line.text() + "\n")
        }
        if users.isEmpty, !arguments.has("--json") { Terminal.write("no accounts\n") }
        if users.count == limit { Terminal.write("kessai: these are the newest \(limit)\n", toErrors: true) }
        await database.close()
        transport.close()
        return .success
    }
}
