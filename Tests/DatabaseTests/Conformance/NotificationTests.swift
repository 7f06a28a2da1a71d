import Database
import DatabaseTesting
import Kernel
import KernelTesting
import Testing

/// A notification saves waiting, and nothing depends on it. The clock of these tests stands still, so that only a
/// notification can end a wait.
// A bound for what hangs; waiting for a schema of the shared server counts, too.
@Suite(.timeLimit(.minutes(5))) struct NotificationTests {
    @Test(arguments: Subject.all) func `a commit wakes who waits`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            let waiting = Task { try await database.wait(forNotification: "work", timeout: .seconds(3_600)) }
            try await notifyUntilDone(database, waiting)
            try await waiting.value
        }
    }

    @Test(arguments: Subject.all) func `every waiter of the channel is woken`(_ subject: Subject) async throws {
        try await withSubject(subject) { database in
            let waiting = (0..<5).map { _ in
                Task { try await database.wait(forNotification: "work", timeout: .seconds(3_600)) }
            }
            for task in waiting { try await notifyUntilDone(database, task) }
            for task in waiting { try await task.value }
        }
    }

    @Test(arguments: Subject.all) func `a rolled back notification wakes nobody, nor does another channel's`(
        _ subject: Subject
    ) async throws {
        let clock = ManualClock()
        try await withSubject(subject, clock: clock) { database in
            let waiting = Task { try await database.wait(forNotification: "quiet", timeout: .seconds(3_600)) }
            while clock.sleeperCount == 0 { await Task.yield() }
            struct Stop: Error {}
            let thrown = await failure {
                try await database.write { tx in
                    try tx.notify("quiet")
                    throw Stop()
                }
            }
            #expect(thrown is Stop)
            let isStop = try await database.write { tx in
                let thrown2 = failureNow {
                    try tx.savepoint {
                        try tx.notify("quiet")
                        throw Stop()
                    }
                }
                try tx.notify("other")
                return thrown2 is Stop
            }
            #expect(isStop)
            #expect(clock.sleeperCount == 1)
            waiting.cancel()
            let thrown3 = await failure { try await waiting.value }
            #expect(thrown3 is CancellationError)
        }
    }

    @Test(arguments: Subject.all) func `the wait is over when its time is`(_ subject: Subject) async throws {
        let clock = ManualClock()
        try await withSubject(subject, clock: clock) { database in
            let waiting = Task { try await database.wait(forNotification: "work", timeout: .seconds(30)) }
            while clock.sleeperCount == 0 { await Task.yield() }
            clock.advance(by: .seconds(30))
            try await waiting.value
        }
    }

    @Test(arguments: Subject.all) func `a notification between two waits is not slept through`(
        _ subject: Subject
    ) async throws {
        try await withSubject(subject) { database in
            let first = Task { try await database.wait(forNotification: "work", timeout: .seconds(3_600)) }
            try await notifyUntilDone(database, first)
            try await database.write { try $0.notify("work") }
            try await database.wait(forNotification: "work", timeout: .seconds(3_600))
        }
    }

    @Test(arguments: Subject.all) func `closing ends a wait`(_ subject: Subject) async throws {
        let clock = ManualClock()
        try await withSubject(subject, clock: clock) { database in
            let waiting = Task { try await database.wait(forNotification: "work", timeout: .seconds(3_600)) }
            while clock.sleeperCount == 0 { await Task.yield() }
            await database.close()
            let thrown = await failure { try await waiting.value }
            #expect(thrown as? DatabaseError == DatabaseError.closed)
        }
    }

    /// A server hears of a listener when it does, so the one who notifies repeats.
    private func notifyUntilDone(_ database: any Database, _ waiting: Task<Void, any Error>) async throws {
        let watcher = Flag()
        let watching = Task {
            _ = await waiting.result
            watcher.raise()
        }
        while !watcher.isRaised {
            try await database.write { try $0.notify("work") }
            await Task.yield()
        }
        await watching.value
    }
}
