internal import Database
internal import Jobs
internal import Kernel

/// `kessai jobs dead`: what could not be done.
struct JobsDeadCommand: Command {
    static let name = "jobs dead"
    static let usage = """
        jobs dead                       list the jobs that were given up (dead letters)
        """
    static let flags: Set<String> = []
    static let options: Set<String> = []

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try Opening.database(settings, clock: clock)
        for job in try await JobAdministration(database: database, clock: clock).deadLetters() {
            Terminal.write(
                "\(job.id)  \(job.createdAt)  \(job.kind)  \(job.subject ?? "-")  \(job.attempt) attempts  "
                    + "\(job.lastError ?? "")\n")
        }
        await database.close()
        return .success
    }
}

/// `kessai jobs replay`: does a dead letter again.
struct JobsReplayCommand: Command {
    static let name = "jobs replay"
    static let usage = """
        jobs replay ID                  do a job that was given up again
        """
    static let flags: Set<String> = []
    static let options: Set<String> = []

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        guard arguments.positional.count == 1, let id = ID<Job>(untrusted: arguments.positional[0]) else {
            throw UsageError(message: "jobs replay needs the id of a dead letter")
        }
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try Opening.database(settings, clock: clock)
        try await JobAdministration(database: database, clock: clock).replay(id)
        Terminal.write("queued\n")
        await database.close()
        return .success
    }
}
