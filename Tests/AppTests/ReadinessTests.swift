import Database
import KernelTesting
import Synchronization
import Testing

@testable import KessaiApp

/// `/readyz` asks the database once for all who ask at the same time.
@Suite(.timeLimit(.minutes(5))) struct ReadinessTests {
    /// A question that is answered when the test says so.
    private final class Question: Sendable {
        private struct State {
            var asked = 0
            var waiting: [CheckedContinuation<Void, any Error>] = []
        }

        private let state = Mutex(State())

        var asked: Int { state.withLock { $0.asked } }

        func ask() async throws {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock { state in
                    state.asked += 1
                    state.waiting.append(continuation)
                }
            }
        }

        func answer(_ result: Result<Void, any Error>) {
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume(with: result) }
        }
    }

    @Test func `all who ask at once get what one of them was told`() async {
        let question = Question()
        let readiness = Readiness { try await question.ask() }
        let first = Task.immediate { try await readiness.require() }
        while question.asked == 0 { await Task.yield() }
        let others = (0..<9).map { _ in Task.immediate { try await readiness.require() } }
        while await readiness.waitingCount < 9 { await Task.yield() }
        question.answer(.failure(DatabaseError.unavailable(reason: "test")))
        await #expect(throws: DatabaseError.unavailable(reason: "test")) { try await first.value }
        for other in others {
            await #expect(throws: DatabaseError.unavailable(reason: "test")) { try await other.value }
        }
        #expect(question.asked == 1)
        // Afterwards it is asked anew.
        let next = Task.immediate { try await readiness.require() }
        while question.asked == 1 { await Task.yield() }
        question.answer(.success(()))
        await #expect(throws: Never.self) { try await next.value }
    }

    @Test func `who waited for one who was cancelled asks anew`() async {
        let question = Question()
        let readiness = Readiness { try await question.ask() }
        let first = Task.immediate { try await readiness.require() }
        while question.asked == 0 { await Task.yield() }
        let others = (0..<3).map { _ in Task.immediate { try await readiness.require() } }
        while await readiness.waitingCount < 3 { await Task.yield() }
        question.answer(.failure(CancellationError()))
        await #expect(throws: CancellationError.self) { try await first.value }
        while question.asked == 1 { await Task.yield() }
        while await readiness.waitingCount < 2 { await Task.yield() }
        question.answer(.success(()))
        for other in others { await #expect(throws: Never.self) { try await other.value } }
        #expect(question.asked == 2)
    }
}
