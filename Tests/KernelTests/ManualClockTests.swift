import Kernel
import KernelTesting
import Testing

@Suite(.timeLimit(.minutes(5))) struct ManualClockTests {
    @Test func `time stands until it is moved`() {
        let clock = ManualClock(Timestamp(epochMs: 5))
        #expect(clock.now() == Timestamp(epochMs: 5))
        clock.advance(by: .milliseconds(7))
        #expect(clock.now() == Timestamp(epochMs: 12))
    }

    @Test func `a sleeper wakes when its time has come, and not before`() async throws {
        let clock = ManualClock()
        let sleeping = Task { try await clock.sleep(for: .seconds(10)) }
        while clock.sleeperCount == 0 { await Task.yield() }
        clock.advance(by: .milliseconds(9_999))
        #expect(clock.sleeperCount == 1)
        clock.advance(by: .milliseconds(1))
        try await sleeping.value
        #expect(clock.sleeperCount == 0)
    }

    @Test func `sleeping for nothing or less does not wait`() async throws {
        let clock = ManualClock()
        try await clock.sleep(for: .zero)
        try await clock.sleep(for: .seconds(-5))
    }

    @Test func `a cancelled sleeper throws, whether it slept already or not`() async {
        let clock = ManualClock()
        let asleep = Task { try await clock.sleep(for: .seconds(10)) }
        while clock.sleeperCount == 0 { await Task.yield() }
        asleep.cancel()
        await #expect(throws: CancellationError.self) { try await asleep.value }
        let awake = Task {
            while !Task.isCancelled { await Task.yield() }
            try await clock.sleep(for: .seconds(10))
        }
        awake.cancel()
        await #expect(throws: CancellationError.self) { try await awake.value }
        #expect(clock.sleeperCount == 0)
    }

    @Test func `the system's clock goes on and its sleep can be cancelled`() async throws {
        let clock = SystemClock()
        let before = clock.now()
        try await clock.sleep(for: .milliseconds(2))
        #expect(clock.now() >= before)
        let sleeping = Task { try await clock.sleep(for: .seconds(600)) }
        sleeping.cancel()
        await #expect(throws: CancellationError.self) { try await sleeping.value }
    }
}
