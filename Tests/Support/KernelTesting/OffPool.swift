internal import Dispatch

/// Runs code that blocks on a thread of its own. On Swift's pool, which has a thread for each processor, two tests that
/// wait for a process or a socket would keep all others, and the server they wait for, from running.
public func offPool<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "off the pool").async { continuation.resume(with: Swift.Result(catching: body)) }
    }
}

/// Runs the tasks that prefer it on a thread beside Swift's pool, for tests whose tasks block; see ``offPool(_:)``.
public final class OwnThread: TaskExecutor {
    private let queue = DispatchQueue(label: "beside the pool")

    /// A thread that waits for its first task.
    public init() {}

    /// Takes a piece of a task; called by the runtime.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
