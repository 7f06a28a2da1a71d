private import Glibc
private import Threads

/// A few threads that run closures in the order they came.
///
// Unchecked, by this rule: `waiting`, `started`, `idle` and `closed` are read and written only while `mutex` is held;
// the two pointers are set once and freed when no thread holds a reference any more.
final class OwnedThreads: @unchecked Sendable {
    typealias Job = @Sendable () -> Void

    private let threadsMax: Int
    private let waitingMax: Int
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [Job] = []
    private var started = 0
    private var idle = 0
    private var closed = false

    init(threadsMax: Int, waitingMax: Int) {
        self.threadsMax = threadsMax
        self.waitingMax = waitingMax
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(arrived, nil)
    }

    deinit {
        pthread_cond_destroy(arrived)
        pthread_mutex_destroy(mutex)
        arrived.deallocate()
        mutex.deallocate()
    }

    /// Takes a job, which will run exactly once; false when it was not taken and will never run.
    func submit(_ job: @escaping Job) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !closed else { return false }
        // An idle thread that was woken for an earlier job still counts as idle until it has taken that job.
        if waiting.count >= idle, started < threadsMax, start() {
            started += 1
            idle += 1
        }
        guard started > 0, waiting.count < idle + waitingMax else { return false }
        waiting.append(job)
        pthread_cond_signal(arrived)
        return true
    }

    /// Lets the threads finish what waits and end.
    func close() {
        pthread_mutex_lock(mutex)
        closed = true
        pthread_cond_broadcast(arrived)
        pthread_mutex_unlock(mutex)
    }

    /// Starts a thread, which holds a reference to these threads until it ends; false when the machine has none left.
    private func start() -> Bool {
        do { try OwnedThread.start(named: "hashing") { self.work() } } catch { return false }
        return true
    }

    private func work() {
        pthread_mutex_lock(mutex)
        while true {
            if let job = waiting.isEmpty ? nil : waiting.removeFirst() {
                idle -= 1
                pthread_mutex_unlock(mutex)
                job()
                pthread_mutex_lock(mutex)
                idle += 1
            } else if closed {
                break
            } else {
                pthread_cond_wait(arrived, mutex)
            }
        }
        pthread_mutex_unlock(mutex)
    }
}
