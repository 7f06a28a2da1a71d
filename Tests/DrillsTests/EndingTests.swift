import Kernel
import KernelTesting
import Synchronization
import Testing

@testable import Drills

/// What a drill began it ends, whatever happens (GEN-15).
@Suite struct EndingTests {
    private struct First: Error {}
    private struct Last: Error {}

    @Test func `the end comes after success and after failure, and the first error is thrown`() async throws {
        let ended = Mutex(0)
        let end = { @Sendable () async throws in ended.withLock { $0 += 1 } }
        let result = try await ending(with: end) { 7 }
        #expect(result == 7)
        await #expect(throws: First.self) { try await ending(with: end) { throw First() } }
        #expect(ended.withLock { $0 } == 2)
    }

    @Test func `an error at the end hides none`() async throws {
        await #expect(throws: Last.self) { try await ending(with: { throw Last() }, {}) }
        do {
            try await ending(with: { throw Last() }, { throw First() })
            Issue.record("no error")
        } catch let failure as DrillFailure {
            #expect(failure.description == "First(); and at the end: Last()")
        }
    }

    @Test func `who is asked to end waits for the end`() async throws {
        let clock = ManualClock()
        let ended = Mutex(false)
        let drill = Task {
            try await ending(
                with: {
                    // Throws at once in a task that is cancelled.
                    try Task.checkCancellation()
                    await Task.yield()
                    try Task.checkCancellation()
                    ended.withLock { $0 = true }
                }, { try await clock.sleep(for: .seconds(60)) })
        }
        drill.cancel()
        await #expect(throws: CancellationError.self) { try await drill.value }
        #expect(ended.withLock { $0 })
    }
}
