public import Database
private import Synchronization

/// A closure that waits for a connection, and the task that waits for the closure.
public protocol WaitingTransaction: AnyObject, Sendable {
    /// Whether it may write.
    var isWrite: Bool { get }
    /// Whether the task was cancelled, so that a closure that has not begun need not begin.
    var isCancelled: Bool { get }
    /// Runs the closure and keeps its value; a repetition replaces it. Throws what the closure throws, or what a
    /// statement threw that the closure did not pass on.
    func run(in transaction: Transaction) throws
    /// Resumes the task: with the value of the last run, or with `error`. Called exactly once.
    func finish(_ error: (any Error)?)
}

/// The one kind of `WaitingTransaction`.
// Unchecked: the queue hands the object from the task to one thread, and only that thread touches `value` and
// `continuation` until `finish`, which is the last use.
final class TransactionJob<Value: Sendable>: WaitingTransaction, @unchecked Sendable {
    let isWrite: Bool
    private let body: @Sendable (Transaction) throws -> Value
    private let cancelled = Atomic<Bool>(false)
    private var value: Value?
    private var continuation: CheckedContinuation<Value, any Error>?

    init(isWrite: Bool, _ body: @escaping @Sendable (Transaction) throws -> Value) {
        self.isWrite = isWrite
        self.body = body
    }

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    func cancel() { cancelled.store(true, ordering: .relaxed) }

    func willWait(with continuation: CheckedContinuation<Value, any Error>) { self.continuation = continuation }

    func run(in transaction: Transaction) throws {
        let value = try body(transaction)
        if let failure = transaction.failure { throw failure }
        self.value = value
    }

    func finish(_ error: (any Error)?) {
        let waiting = continuation
        continuation = nil
        if let error {
            waiting?.resume(throwing: error)
        } else if let value {
            waiting?.resume(returning: value)
        } else {
            waiting?.resume(throwing: DatabaseError.closed)
        }
        value = nil
    }
}
