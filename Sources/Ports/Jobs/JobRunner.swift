public import Database
public import Kernel

/// Runs jobs: one runner per node, as many nodes as there are.
///
/// Every run happens at least once. A job is claimed by one statement under a lease, which is renewed while it runs;
/// only the holder of the lease can write how the run ended.
public struct JobRunner: Sendable {
    private let database: any Database
    private let clock: any WallClock
    private let log: Log
    private let options: JobRunnerOptions
    private let definitions: [String: JobDefinition]
    private let housekeeping: Housekeeping
    private let random: any RandomSource
    private let worker: String
    private let outage: OutageLog
    private let stopping = Gauge()

    /// A runner of these kinds; jobs of other kinds are left to nodes that know them. Two definitions of one kind are
    /// a mistake of the program and trap.
    public init(
        database: any Database, clock: any WallClock, random: any RandomSource, ids: IDGenerator, log: Log,
        definitions: [JobDefinition], schedules: [Schedule] = [], options: JobRunnerOptions = .init()
    ) {
        self.database = database
        self.clock = clock
        self.log = log
        self.options = options
        self.random = random
        self.definitions = Dictionary(uniqueKeysWithValues: definitions.map { ($0.kind, $0) })
        worker = ids.uuid()
        outage = OutageLog(clock: clock, log: log)
        housekeeping = Housekeeping(
            database: database, clock: clock,
            scheduler: JobScheduler(schedules: schedules, queue: JobQueue(clock: clock, ids: ids)),
            rescuer: JobRescuer(definitions: self.definitions, random: random, log: log),
            pruner: JobPruner(jobRetention: options.jobRetention, messageRetention: options.messageRetention))
    }

    /// The kinds that it runs, in the order of their names.
    public var kinds: [String] { definitions.keys.sorted() }

    /// Runs jobs until `stop()`, and returns when the last has ended. A database that goes away is waited for.
    ///
    /// Cancelling the task cancels everything at once: jobs that heed it are tried again, others are rescued when their
    /// lease runs out. Use `stop()` to give them time, and to give back what is left without counting an attempt.
    /// Throws `DatabaseError.closed` when the database was closed under it.
    public func run() async throws {
        let execution = execution(stop: stopping)
        let lanes = Dictionary(grouping: definitions.values, by: \.policy.queue).sorted { $0.key < $1.key }
        let bell = Gauge()
        log.info("job_runner_started", ["worker": .string(worker)])
        try await withThrowingTaskGroup(of: Void.self) { helpers in
            helpers.addTask { try await keepHouse() }
            helpers.addTask { await listen(ringing: bell) }
            helpers.addTask { await endTheGrace() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (queue, definitions) in lanes {
                    let lane = JobLane(
                        database: database, clock: clock, outage: outage, execution: execution, queue: queue,
                        kinds: definitions.map(\.kind).sorted(),
                        slots: max(1, options.slots[queue] ?? options.slotsDefault), worker: worker, bell: bell,
                        stop: stopping)
                    group.addTask { try await lane.run() }
                }
                group.addTask { await stopping.wait(for: Stopping.takesNoMore) }
                // The first to throw ends the others, which `waitForAll` would wait for.
                for try await _ in group {}
            }
            helpers.cancelAll()
        }
        log.info("job_runner_stopped", ["worker": .string(worker)])
    }

    /// Asks `run()` to end: no more jobs are taken, those that run may end within the grace, and what is left then is
    /// cancelled and given back without counting as an attempt. Cannot be taken back; a second call does nothing.
    public func stop() { stopping.raise(to: Stopping.takesNoMore) }

    /// Runs everything that is due at `clock.now()`, one job after the other in the order of their times, with
    /// schedules, rescue and pruning, until nothing is due. Returns how many runs there were. For tests and the
    /// simulator. Throws `DatabaseError`, `CancellationError`, and `JobsError.endless` after `JobLimits.runDueMax`.
    public func runDue() async throws -> Int {
        let execution = execution(stop: nil)
        let kinds = definitions.keys.sorted()
        var count = 0
        var keptHouseAt: Timestamp?
        while true {
            if count == JobLimits.runDueMax { throw JobsError.endless }
            if clock.now() != keptHouseAt {
                keptHouseAt = clock.now()
                try await housekeeping.run()
            }
            let now = clock.now()
            guard try await database.read({ tx in try JobRepository(tx: tx).isDue(kinds: kinds, now: now) }) else {
                return count
            }
            let lockedUntil = now.adding(options.lease)
            let claimed = try await database.write { [worker] tx in
                try JobRepository(tx: tx).claim(
                    kinds: kinds, limit: 1, worker: worker, now: now, lockedUntil: lockedUntil)
            }
            guard let job = claimed.first else { return count }
            await execution.run(job)
            count += 1
        }
    }

    private func execution(stop: Gauge?) -> JobExecution {
        JobExecution(
            database: database, clock: clock, random: random, log: log, definitions: definitions,
            lease: options.lease, stop: stop, around: options.around)
    }

    /// Rings when a commit with a due job is notified, and at every poll interval, because notifications may be lost.
    private func listen(ringing bell: Gauge) async {
        while !Task.isCancelled {
            do {
                try await database.wait(forNotification: JobQueue.channel, timeout: options.pollInterval)
            } catch {
                // A cancelled sleep ends the loop.
                try? await clock.sleep(for: options.pollInterval)
            }
            bell.raise()
        }
    }

    private func endTheGrace() async {
        await stopping.wait(for: Stopping.takesNoMore)
        do {
            try await clock.sleep(for: options.grace)
        } catch {
            return
        }
        stopping.raise(to: Stopping.leavesWork)
    }

    private func keepHouse() async throws {
        while true {
            do {
                try await housekeeping.run()
                outage.succeeded(.housekeeping)
            } catch DatabaseError.closed {
                throw DatabaseError.closed
            } catch {
                if Task.isCancelled { return }
                outage.failed(.housekeeping, error)
            }
            do {
                try await clock.sleep(for: options.housekeepingInterval)
            } catch {
                return
            }
        }
    }
}
