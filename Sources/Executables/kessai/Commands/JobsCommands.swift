internal import CommandWords
internal import Database
internal import JSON
internal import Jobs
internal import Kernel

/// `kessai jobs dead`: what could not be done.
struct JobsDeadCommand: Command {
    static let name = "jobs dead"
    static let synopsis = "[--json]"
    static let summary = "list the jobs that were given up (dead letters), the newest first"
    static let details = """
        At most 100. A line for each: id, when made, kind, what it is about, attempts, the last error; with --json a line
        of JSON for each, and nothing when there is none.
        """
    static let flags: Set<String> = ["--json"]

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try await Opening.commandDatabase(settings, clock: clock)
        let letters = try await JobAdministration(database: database, clock: clock).deadLetters()
        if letters.isEmpty, !arguments.has("--json") { Terminal.write("no dead letters\n") }
        for job in letters {
            guard !arguments.has("--json") else {
                Terminal.write(Self.json(job).text() + "\n")
                continue
            }
            Terminal.write(
                "\(job.id)  \(job.createdAt)  \(job.kind)  \(job.subject ?? "-")  \(job.attempt) attempts  "
                    + "\(job.lastError ?? "")\n")
        }
        await database.close()
        return .success
    }

    private static func json(_ job: Job) -> JSONValue {
        [
            "id": .string(job.id.rawValue), "created_at": .string("\(job.createdAt)"), "kind": .string(job.kind),
            "subject": JSONValue(job.subject), "attempts": .int(Int64(job.attempt)),
            "last_error": JSONValue(job.lastError),
        ]
    }
}

/// `kessai jobs replay`: does a dead letter again.
struct JobsReplayCommand: Command {
    static let name = "jobs replay"
    static let synopsis = "ID"
    static let summary = "do a job that was given up again"
    static let details = "Exit status: 1 when there is no such dead letter."
    static let wordsMax = 1

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        guard arguments.positional.count == 1, let id = ID<Job>(untrusted: arguments.positional[0]) else {
            throw UsageError(message: "jobs replay needs the id of a dead letter")
        }
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try await Opening.commandDatabase(settings, clock: clock)
        try await JobAdministration(database: database, clock: clock).replay(id)
        Terminal.write("queued\n")
        await database.close()
        return .success
    }
}
