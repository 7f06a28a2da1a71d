import SeededTasks
import Synchronization
import Testing

/// Tasks in an order that a seed decides, so that a test of the whole is the same each time (GEN-15).
@Suite struct SeededTasksTests {
    /// The order in which eight children take their three turns.
    private func order(seed: UInt64) throws -> [Int] {
        let tasks = SeededTasks(seed: seed)
        let taken = Taken()
        let ended: Bool? = tasks.run(piecesMax: 10_000) {
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        for _ in 0..<3 {
                            taken.add(number)
                            await Task.yield()
                        }
                    }
                }
            }
            return true
        } whenIdle: {
            false
        }
        #expect(ended == true)
        return taken.numbers
    }

    private final class Taken: Sendable {
        private let kept = Mutex<[Int]>([])
        var numbers: [Int] { kept.withLock { $0 } }
        func add(_ number: Int) { kept.withLock { $0.append(number) } }
    }

    @Test func `a seed is an order, and another seed another one`() throws {
        let orders = try (UInt64(1)...5).map { try order(seed: $0) }
        #expect(try order(seed: 1) == orders[0])
        #expect(Set(orders).count == orders.count)
        #expect(orders.allSatisfy { $0.sorted() == orders[0].sorted() && $0.count == 24 })
    }

    @Test func `whoever waits for what does not come is stuck, and is told so`() {
        let asked = Taken()
        let ended: Bool? = SeededTasks(seed: 1).run(piecesMax: 1_000) {
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
            return true
        } whenIdle: {
            asked.add(1)
            return false
        }
        #expect(ended == nil)
        #expect(asked.numbers == [1])
    }

    @Test func `whoever never ends is cut off`() {
        let ended: Bool? = SeededTasks(seed: 1).run(piecesMax: 500) {
            while true { await Task.yield() }
        } whenIdle: {
            false
        }
        #expect(ended == nil)
    }
}
