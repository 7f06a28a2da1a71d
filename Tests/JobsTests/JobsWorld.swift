import Database
import DatabaseTesting
import Jobs
import Kernel
import KernelTesting
import Synchronization

/// One database with a queue, a hand-moved clock and a fixed seed.
struct JobsWorld: Sendable {
    let database: any Database
    let clock: ManualClock
    let recorder = LogRecorder()
    let random = SeededRandom(7)
    let ids: IDGenerator
    let queue: JobQueue

    init(_ database: any Database, _ clock: ManualClock) {
        self.database = database
        self.clock = clock
        ids = IDGenerator(clock: clock, random: SeededRandom(1))
        queue = JobQueue(clock: clock, ids: ids)
    }

    static func with(_ engine: TestEngine, _ body: (JobsWorld) async throws -> Void) async throws {
        let clock = ManualClock()
        try await withDatabase(engine, migrations: JobsSchema.migrations, clock: clock) { database in
            try await body(JobsWorld(database, clock))
        }
    }

    var administration: JobAdministration { JobAdministration(database: database, clock: clock) }
    var outbox: Outbox { Outbox(queue: queue, clock: clock, ids: ids) }

    func runner(
        _ definitions: [JobDefinition], schedules: [Schedule] = [], options: JobRunnerOptions = .init(),
        database: (any Database)? = nil
    ) -> JobRunner {
        JobRunner(
            database: database ?? self.database, clock: clock, random: random, ids: ids,
            log: recorder.log(clock: clock), definitions: definitions, schedules: schedules, options: options)
    }

    @discardableResult
    func enqueue(
        _ arguments: some JobArguments, runAt: Timestamp? = nil, dedupeKey: String? = nil, subject: String? = nil
    ) async throws -> ID<Job>? {
        try await database.write { [queue] tx in
            try queue.enqueue(arguments, runAt: runAt, dedupeKey: dedupeKey, subject: subject, in: tx)
        }
    }

    /// Every job there is, in the order they were made.
    func jobs() async throws -> [Job] {
        var all: [Job] = []
        for state in Job.State.allCases { all += try await administration.list(state: state, limit: 1000) }
        return all.sorted { $0.id.rawValue < $1.id.rawValue }
    }

    func job(_ id: ID<Job>?) async throws -> Job? { try await jobs().first { $0.id == id } }

    /// Moves the clock on, second by second, for as long as `body` runs.
    func withTimePassing(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return true
            }
            group.addTask { [clock] in
                while !Task.isCancelled {
                    clock.advance(by: .seconds(1))
                    await Task.yield()
                }
                return false
            }
            while let isBody = try await group.next(), !isBody {}
            group.cancelAll()
        }
    }
}

struct Greet: JobArguments {
    static let kind = "tests.greet"
    var name = "world"
}

struct Count: JobArguments {
    static let kind = "tests.count"
    var number: Int
}

struct Unknown: JobArguments {
    static let kind = "tests.of_a_newer_version"
}

/// What work did, from any thread.
final class Ledger<Entry: Sendable>: Sendable {
    private let kept = Mutex<[Entry]>([])
    var entries: [Entry] { kept.withLock { $0 } }

    /// Adds an entry and tells how many there are.
    @discardableResult
    func add(_ entry: Entry) -> Int {
        kept.withLock {
            $0.append(entry)
            return $0.count
        }
    }
}

struct Broken: Error {
    var payload = "a card number"
}
