import HTTP
import Kernel
import Synchronization
import Threads

#if canImport(Glibc)
    private import Glibc
#endif

/// What every loop of a server shares.
struct Service: Sendable {
    let options: HTTPServerOptions
    let handler: any HTTPHandler
    let random: any RandomSource
    let log: Log
    let startTask: HTTPServer.TaskStarter
    /// The certificate that new connections get; nil where they are not encrypted.
    let certificate: CertificateShelf?
    /// What large bodies share.
    let bodies: BodyBudget

    /// Tells that a request was refused by the server itself. A line of the log is for those whose head was whole; what
    /// strangers send that is none is only counted.
    func tell(of problem: Problem, requestID: String? = nil) {
        handler.refused(code: problem.code)
        guard let requestID else { return }
        log.info(
            "request_refused",
            ["request_id": .string(requestID), "status": .int(Int64(problem.status)), "code": .string(problem.code)])
    }
}

/// The loops of one server: spreads connections over them and knows when all have ended.
final class LoopGroup: Sendable {
    private struct Ending {
        var running: Int
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Who is connected, those on their way to a loop included.
    let guests: Guests
    private let loops: [EventLoop]
    private let ending: Mutex<Ending>

    /// How many threads wait for sockets.
    var threadCount: Int { loops.count }

    /// Starts the loops. Throws `HTTPServerError.outOfResources`.
    init(service: Service, listener: Listener) throws(HTTPServerError) {
        let wanted = service.options.epollThreads
        let count = min(64, wanted > 0 ? wanted : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        var loops: [EventLoop] = []
        for index in 0..<count {
            loops.append(
                try EventLoop(
                    service: service, listener: index == 0 ? listener : nil,
                    lingerersMax: max(1, EventLoop.lingerersOfAllMax / count)))
        }
        guests = Guests(service.options)
        self.loops = loops
        ending = Mutex(Ending(running: count))
        for (index, loop) in loops.enumerated() {
            do {
                try OwnedThread.start(named: "http-\(index)") { [self] in
                    loop.run(in: self)
                    loopEnded()
                }
            } catch {
                for loop in loops[..<index] { loop.post(.drain(within: .zero)) }
                throw .outOfResources("no thread for the server")
            }
        }
    }

    /// Asks every loop to drain: the one that accepts first, which tells the others when it has accepted what the kernel has. A
    /// loop that had nothing to do would else end before the last sockets come to it.
    func drain(within limit: Duration) {
        if loops.first?.post(.drain(within: limit)) != true { passOn(within: limit) }
    }

    /// The loop that accepts drains: the others may.
    func passOn(within limit: Duration) {
        for loop in loops.dropFirst() { loop.post(.drain(within: limit)) }
    }

    /// Whether a loop is the one that accepts.
    func isFirst(_ loop: EventLoop) -> Bool { loops.first === loop }

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

    /// Gives a socket that was counted in to the loop that has the fewest.
    func assign(_ socket: AcceptedSocket) {
        let least = loops.min { $0.load.load(ordering: .relaxed) < $1.load.load(ordering: .relaxed) }
        guard let least else { return }
        least.load.add(1, ordering: .relaxed)
        if !least.post(.accepted(socket)) {
            close(socket.descriptor)
            closed(socket.peer, in: least)
        }
    }

    /// A socket of `loop` is closed.
    func closed(_ peer: IPAddress, in loop: EventLoop) {
        loop.load.subtract(1, ordering: .relaxed)
        guests.leave(peer)
        loop.service.handler.connection(.closed)
    }
}
