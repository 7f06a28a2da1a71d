import HTTP
import Kernel
import Synchronization

#if canImport(Glibc)
    private import Glibc
#endif

/// What every loop of a server shares and never changes.
struct Service: Sendable {
    let options: HTTPServerOptions
    let handler: any HTTPHandler
    let random: any RandomSource
    let log: Log
    let startTask: HTTPServer.TaskStarter
}

/// The loops of one server: spreads connections over them and knows when all have ended.
final class LoopGroup: Sendable {
    private struct Ending {
        var running: Int
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let service: Service
    private let loops: [EventLoop]
    private let ending: Mutex<Ending>
    /// How many sockets are open, those on their way to a loop included.
    private let open = Atomic<Int>(0)
    private let acceptingPaused = Atomic<Bool>(false)

    /// How many threads wait for sockets.
    var threadCount: Int { loops.count }
    /// How many sockets are open.
    var connectionCount: Int { open.load(ordering: .relaxed) }

    /// Starts the loops. Throws `HTTPServerError.outOfResources`.
    init(service: Service, listener: Listener) throws(HTTPServerError) {
        let wanted = service.options.epollThreads
        let count = min(64, wanted > 0 ? wanted : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        var loops: [EventLoop] = []
        for index in 0..<count {
            loops.append(try EventLoop(service: service, listener: index == 0 ? listener : nil))
        }
        self.service = service
        self.loops = loops
        ending = Mutex(Ending(running: count))
        for (index, loop) in loops.enumerated() {
            let started = OwnedThread.start(named: "http-\(index)") { [self] in
                loop.run(in: self)
                loopEnded()
            }
            guard started else {
                for loop in loops[..<index] { loop.post(.drain(within: .zero)) }
                throw .outOfResources("no thread for the server")
            }
        }
    }

    /// Asks every loop to drain.
    func drain(within limit: Duration) {
        for loop in loops { loop.post(.drain(within: limit)) }
    }

    /// Waits until every loop has ended.
    func ended() async {
        await withCheckedContinuation { continuation in
            let already = ending.withLock { ending -> Bool in
                if ending.running == 0 { return true }
                ending.waiters.append(continuation)
                return false
            }
            if already { continuation.resume() }
        }
    }

    private func loopEnded() {
        let waiters = ending.withLock { ending -> [CheckedContinuation<Void, Never>] in
            ending.running -= 1
            guard ending.running == 0 else { return [] }
            defer { ending.waiters = [] }
            return ending.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Whether one more socket may be accepted. When not, accepting is paused until one closes.
    func mayAccept() -> Bool {
        if connectionCount < service.options.connectionsMax { return true }
        acceptingPaused.store(true, ordering: .sequentiallyConsistent)
        // A socket may have closed just before the pause was seen.
        guard open.load(ordering: .sequentiallyConsistent) < service.options.connectionsMax else { return false }
        acceptingPaused.store(false, ordering: .sequentiallyConsistent)
        return true
    }

    /// Gives an accepted socket to the loop that has the fewest.
    func assign(_ socket: AcceptedSocket) {
        open.add(1, ordering: .sequentiallyConsistent)
        let least = loops.min { $0.load.load(ordering: .relaxed) < $1.load.load(ordering: .relaxed) }
        guard let least else { return }
        least.load.add(1, ordering: .relaxed)
        if !least.post(.accepted(socket)) {
            close(socket.descriptor)
            closed(in: least)
        }
    }

    /// A socket of `loop` is closed.
    func closed(in loop: EventLoop) {
        loop.load.subtract(1, ordering: .relaxed)
        open.subtract(1, ordering: .sequentiallyConsistent)
        if acceptingPaused.exchange(false, ordering: .sequentiallyConsistent) { loops[0].post(.acceptAgain) }
    }
}
