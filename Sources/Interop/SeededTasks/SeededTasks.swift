private import Synchronization

/// Runs tasks one after the other on the thread that asks, in an order that a seed decides: the same seed gives the
/// same history.
///
/// A task that is started here takes its children, its groups and the actors that it calls with it. An unstructured
/// task escapes, and so does whatever another thread resumes; a simulated program has neither.
public final class SeededTasks: TaskExecutor {
    private struct State {
        var ready: [UnownedJob] = []
        var seed: UInt64
    }
    private let state: Mutex<State>

    /// Nothing to run yet.
    public init(seed: UInt64) { state = Mutex(State(seed: seed)) }

    /// Takes a piece of a task; called by the runtime.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.ready.append(job) }
    }

    /// Runs `body` and everything that it starts, on this thread, until nothing is left to do. When nothing is ready,
    /// `whenIdle` must make something so, by moving a clock; false says that it cannot. Returns nil when `body` is
    /// stuck then, or has not ended after `piecesMax` pieces of tasks.
    public func run<Result: Sendable>(
        piecesMax: Int, _ body: @escaping @Sendable () async -> Result, whenIdle: () -> Bool
    ) -> Result? {
        let box = Box<Result>()
        _ = Task<Void, Never>(executorPreference: self) { box.put(await body()) }
        var piecesLeft = piecesMax
        while true {
            while piecesLeft > 0, let job = next() {
                piecesLeft -= 1
                job.runSynchronously(on: asUnownedTaskExecutor())
            }
            if piecesLeft == 0 { return nil }
            if let result = box.value { return result }
            guard whenIdle() else { return nil }
        }
    }

    /// Takes one of the ready pieces, by chance.
    private func next() -> UnownedJob? {
        state.withLock { state in
            guard state.ready.count > 1 else { return state.ready.popLast() }
            state.seed &+= 0x9E37_79B9_7F4A_7C15
            var value = state.seed
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            value ^= value >> 31
            return state.ready.remove(at: Int(value % UInt64(state.ready.count)))
        }
    }

    private final class Box<Value: Sendable>: Sendable {
        private let kept = Mutex<Value?>(nil)
        var value: Value? { kept.withLock { $0 } }
        func put(_ value: Value) { kept.withLock { $0 = value } }
    }
}
