import Dispatch
import Kernel
import Testing

@testable import Crypto

@Suite struct PasswordHasherTests {
    @Test(arguments: [0, 2]) func `a hasher's hash verifies, and nothing else does`(threadsMax: Int) async throws {
        let hasher = PasswordHasher(cost: .least, threadsMax: threadsMax)
        let hash = try await hasher.hash(Secret("正しい馬の電池"))
        #expect(try await hasher.verify(Secret("正しい馬の電池"), against: hash) == .matches)
        #expect(try await hasher.verify(Secret("正しい馬の電地"), against: hash) == .different)
        #expect(try await hasher.verify(Secret("正しい馬の電池"), against: nil) == .different)
    }

    @Test func `a hash of another cost matches but is outdated`() async throws {
        let hash = try await PasswordHasher(cost: .least).hash(Secret("correct horse"))
        let raised = PasswordHasher(cost: PasswordHash.Cost(passes: 2, memoryBytes: 16 << 10))
        #expect(try await raised.verify(Secret("correct horse"), against: hash) == .matchesOutdated)
        #expect(try await raised.verify(Secret("wrong horse"), against: hash) == .different)
        #expect(hash.isOutdated(for: raised.cost))
        #expect(!hash.isOutdated(for: .least))
        #expect(PasswordHash(stored: "nonsense").isOutdated(for: .least))
    }

    @Test func `a hash without memory for it is refused, not made cheaper`() async throws {
        let greedy = PasswordHasher(cost: PasswordHash.Cost(passes: 1, memoryBytes: 1 << 41))
        await #expect(throws: PasswordHasherError.noMemory) { try await greedy.hash(Secret("correct horse")) }
    }

    @Test func `many at once all get their own answer`() async throws {
        let hasher = PasswordHasher(cost: .least, threadsMax: 2, waitingMax: 64)
        let hash = try await hasher.hash(Secret("number 7"))
        let matching = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                group.addTask { try await hasher.verify(Secret("number \(number)"), against: hash) == .matches }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(matching == 1)
    }

    @Test func `more than may wait are refused at once`() async throws {
        let hasher = PasswordHasher(cost: .least, threadsMax: 1, waitingMax: 0)
        let gate = DispatchSemaphore(value: 0)
        let (entered, enter) = AsyncStream.makeStream(of: Void.self)
        async let busy: Void = hasher.run {
            enter.yield()
            gate.wait()
        }
        for await _ in entered { break }
        await #expect(throws: PasswordHasherError.overloaded) { try await hasher.hash(Secret("correct horse")) }
        gate.signal()
        try await busy
    }

    @Test func `one that was cancelled before its turn is not served`() async throws {
        let hasher = PasswordHasher(cost: .least)
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await hasher.hash(Secret("correct horse"))
        }
        await #expect(throws: CancellationError.self) { try await cancelled.value }
    }

    @Test func `what waits is still done when the threads are closed, and nothing after`() {
        let threads = OwnedThreads(threadsMax: 1, waitingMax: 4)
        let gate = DispatchSemaphore(value: 0)
        let done = DispatchSemaphore(value: 0)
        #expect(threads.submit { gate.wait() })
        #expect(threads.submit { done.signal() })
        threads.close()
        #expect(!threads.submit {})
        gate.signal()
        #expect(done.wait(timeout: .now() + 10) == .success)
    }

    @Test func `a hash does not show itself`() throws {
        let hash = try #require(PasswordHash(of: Secret("correct horse"), cost: .least))
        var dumped = ""
        dump(hash, to: &dumped)
        for text in ["\(hash)", String(reflecting: hash), dumped] { #expect(!text.contains("argon2id")) }
    }
}
