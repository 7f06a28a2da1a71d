import AppTesting
import Database
import DatabaseTesting
import DriverSupport
import JSON
import Kernel
import KernelTesting
import KessaiApp
import SQLiteDriver
import Testing

/// Webhooks that come together share their commits, and each is durable before it is acknowledged.
// A bound for what hangs; waiting for a schema of the shared server counts, too.
@Suite(.timeLimit(.minutes(5))) struct InboxCommitTests {
    /// Holds the writer's own thread until it is opened, for at most four minutes.
    private final class Gate: Sendable {
        private let monitor = Monitor((isOpen: false, isReached: false))
        var isReached: Bool { monitor.withLock { $0.isReached } }

        func open() {
            monitor.withLock { $0.isOpen = true }
            monitor.broadcast()
        }

        func hold() {
            monitor.withLock { $0.isReached = true }
            _ = monitor.wait(timeoutMs: 240_000) { $0.isOpen ? true : nil }
        }
    }

    @Test func `sixty-four webhooks at once take far fewer commits than sixty-four`() async throws {
        let count = 64
        try await withTemporaryFolder { folder in
            let clock = ManualClock()
            let database = try SQLiteDatabase(at: .file(path: folder + "/inbox.db"), clock: clock)
            _ = try await Migrator(database: database, migrations: KessaiApp.migrations, clock: clock).migrate()
            let world = try await World.make(database: database, clock: clock)
            let before = database.statistics.commits
            let gate = Gate()
            let statuses = try await withThrowingTaskGroup(of: Int?.self) { group in
                group.addTask {
                    try await database.write { _ in gate.hold() }
                    return nil
                }
                while !gate.isReached { await Task.yield() }
                for number in 0..<count {
                    group.addTask {
                        await world.receive(
                            World.event("customer.created", id: "evt_\(number)", object: [:])
                        ).status
                    }
                }
                while database.statistics.waiting < count { await Task.yield() }
                gate.open()
                return try await group.reduce(into: [Int?]()) { $0.append($1) }
            }
            #expect(statuses.compactMap(\.self) == Array(repeating: 200, count: count))
            let commits = database.statistics.commits - before
            // One for what held the thread, and one or two for all that waited.
            #expect(commits <= 3)
            #expect(try await world.count("webhook_events") == 64)
            await database.close()
        }
    }
}
