import Database
import Jobs
import Kernel
import KernelTesting
import PostgresDriver
import Synchronization
import Testing

/// Two nodes on one server: a job that one makes wakes a worker of the other.
@Suite(.enabled(if: TestServer.isThere)) struct PostgresWakingTests {
    private struct Wave: JobArguments {
        static let kind = "tests.wave"
        let number: Int
    }

    /// Which jobs were run.
    private final class Done: Sendable {
        private let numbers = Mutex<Set<Int>>([])
        var count: Int { numbers.withLock { $0.count } }
        func add(_ number: Int) { numbers.withLock { _ = $0.insert(number) } }
    }

    /// Runs a worker on a node of its own, whose clock only the test moves, while `body` makes jobs on another.
    private func withWorker(
        listenURL: String? = nil,
        _ body: (
            _ sandbox: Sandbox, _ make: (Int) async throws -> Void, _ clock: ManualClock, _ done: Done
        ) async throws -> Void
    ) async throws {
        try await withSandbox { sandbox async throws in
            _ = try await Migrator(
                database: sandbox.database, migrations: JobsSchema.migrations, clock: SystemClock()
            ).migrate()
            let clock = ManualClock()
            let ids = IDGenerator(clock: clock, random: SeededRandom(1))
            let node = try PostgresDatabase(url: sandbox.url, listenURL: listenURL, connectionsMax: 2, clock: clock)
            let done = Done()
            let runner = JobRunner(
                database: node, clock: clock, random: SeededRandom(2), ids: ids, log: .silent,
                definitions: [JobDefinition(Wave.self) { wave, _ in done.add(wave.number) }])
            let running = Task { try await runner.run() }
            let queue = JobQueue(clock: clock, ids: ids)
            let result: Result<Void, any Error>
            do {
                try await body(
                    sandbox,
                    { number in
                        try await sandbox.database.write { tx in _ = try queue.enqueue(Wave(number: number), in: tx) }
                    }, clock, done)
                result = .success(())
            } catch { result = .failure(error) }
            runner.stop()
            try await running.value
            await node.close()
            try result.get()
        }
    }

    @Test func `at once, without anybody looking, also after the listening connection was cut`() async throws {
        try await withWorker { sandbox, make, _, done in
            var made = 0
            for round in 1...2 {
                let before = done.count
                // Nobody moves the clock, so nobody looks: only notifications wake. The first may come before the
                // node hears.
                #expect(
                    try await eventually {
                        made += 1
                        try await make(made)
                        return done.count > before
                    })
                // One that ends later must not pass for one that was heard of after the cut.
                #expect(try await eventually { done.count == made })
                if round == 1 { try await sandbox.terminateConnections() }
            }
        }
    }

    @Test func `by looking, when no notification is heard`() async throws {
        try await withWorker(listenURL: "postgresql://127.0.0.1:1/nowhere") { _, make, clock, done in
            for number in 1...3 {
                try await make(number)
                // A run that lasts while the clock moves far may lose its lease, and is run once more.
                #expect(
                    try await eventually {
                        clock.advance(by: .seconds(1))
                        return done.count == number
                    })
            }
        }
    }
}
