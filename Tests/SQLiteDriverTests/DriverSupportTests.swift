import Database
import DatabaseTesting
import DriverSupport
import Kernel
import KernelTesting
import Testing
import Threads

/// What both drivers stand on.
@Suite(.timeLimit(.minutes(5))) struct DriverSupportTests {
    @Test(arguments: [
        ("SELECT 1", "SELECT", false), ("  insert into a", "INSERT", false), ("BEGIN", "BEGIN", true),
        ("commit;", "COMMIT", true), ("-- a\n/* b */ ; rollback", "ROLLBACK", true),
        ("ROLLBACK TO SAVEPOINT a", "ROLLBACK", false), ("ROLLBACK /* x */ TRANSACTION TO a", "ROLLBACK", false),
        ("ROLLBACK WORK", "ROLLBACK", true), ("END", "END", true), ("START TRANSACTION", "START", true),
        ("ABORT", "ABORT", true), ("PREPARE TRANSACTION 'x'", "PREPARE", true), ("SAVEPOINT a", "SAVEPOINT", false),
        ("RELEASE a", "RELEASE", false), ("COMMITTED", "COMMITTED", false), ("", "", false), ("/* open", "", false),
        ("(SELECT 1)", "", false), ("-- only", "", false),
    ])
    func `a statement's first word is found and transactions are told`(
        _ text: String, _ firstWord: String, _ controls: Bool
    ) {
        let statement = StatementText(text)
        #expect(statement.firstWord == firstWord)
        #expect(statement.controlsTransaction == controls)
    }

    @Test func `a line without a thread refuses who waits`() async {
        struct NoThread: Error {}
        let line = TransactionQueue(waitingMax: 5, workersMax: 1) { _ in throw NoThread() }
        for _ in 0..<3 {
            let refused = await failure {
                try await line.perform(isWrite: true) { _ in 1 }
            }
            let isRight =
                refused.map { error -> Bool in
                    guard case .unavailable = error as? DatabaseError else { return false }
                    return true
                } ?? false
            #expect(isRight)
        }
        await line.close()
        let thrown = await failure { try await line.perform(isWrite: true) { _ in 1 } }
        #expect(thrown as? DatabaseError == DatabaseError.closed)
    }

    @Test func `a read that is cancelled while waiting never begins, and a write does`() async throws {
        let latch = Latch()
        let line = TransactionQueue(waitingMax: 5, workersMax: 1) { line in
            try OwnedThread.start(named: "line") {
                while let jobs = line.take(atMost: 1) {
                    latch.hold()
                    for job in jobs { job.finish(DatabaseError.conflict) }
                }
                line.workerEnds()
            }
        }
        let first = Task { try await line.perform(isWrite: true) { _ in 1 } }
        await latch.reached()
        let second = Task { try await line.perform(isWrite: false) { _ in 2 } }
        let third = Task { try await line.perform(isWrite: true) { _ in 3 } }
        while line.waitingCount < 2 { await Task.yield() }
        second.cancel()
        third.cancel()
        latch.open()
        let thrown = [
            await failure { try await first.value }, await failure { try await second.value },
            await failure { try await third.value },
        ]
        #expect(thrown[0] as? DatabaseError == .conflict)
        #expect(thrown[1] is CancellationError)
        #expect(thrown[2] as? DatabaseError == .conflict)
        await line.close()
    }

    @Test func `waits of unknown channels end by time or cancellation only`() async throws {
        let clock = ManualClock()
        let waiters = ChannelWaiters(clock: clock)
        let waiting = (0..<3).map { n in Task { try await waiters.wait(for: "channel \(n)", timeout: .seconds(10)) } }
        while clock.sleeperCount < 3 { await Task.yield() }
        waiters.notify("another")
        waiting[0].cancel()
        let thrown = await failure { try await waiting[0].value }
        #expect(thrown is CancellationError)
        clock.advance(by: .seconds(10))
        try await waiting[1].value
        try await waiting[2].value
        waiters.refuse()
        let thrown2 = await failure { try await waiters.wait(for: "late", timeout: .seconds(1)) }
        #expect(thrown2 as? DatabaseError == DatabaseError.closed)
    }

    @Test func `a timed wait ends without a wake`() {
        let monitor = Monitor(0)
        let seen = monitor.wait(timeoutMs: 5) { $0 == 1 ? true : nil }
        #expect(seen == nil)
        let seen2 = monitor.wait(timeoutMs: 1_500) { $0 == 0 ? true : nil }
        #expect(seen2 == true)
    }
}
