import CMicroHTTPD
import HTTP
import Kernel

/// One request and its answer.
///
/// `@unchecked Sendable`: belongs to its loop's thread; other threads only carry it back there in a message.
final class Exchange: @unchecked Sendable {
    private enum State {
        case receiving
        case running
        case answered
    }

    /// The answer, once there is one.
    private(set) var answer: HTTPResponse?
    /// Whether nobody knows where the next request would begin.
    private var isInDoubt = false
    /// Whether the connection ends with this request. With a body in chunks it always does: where it ends libmicrohttpd
    /// decides alone (``ChunkFraming``), and what another reader takes for a part of it must not become a request.
    var isLast: Bool { isInDoubt || isChunked }
    /// Whether its body comes in chunks.
    var isChunked: Bool { framing != nil }
    let requestID: String
    /// Whether the answer goes without its body.
    var isHead: Bool { head.method == "HEAD" }
    private let connection: Connection
    let handle: OpaquePointer
    private let head: HTTPRequestHead
    private let bodyBytesMax: Int
    private var framing: ChunkFraming?
    private var body: [UInt8] = []
    /// How much of it was taken of what all bodies may hold; until the answer is there.
    private var borrowed = 0
    private var discarded = 0
    private var state = State.receiving
    private var suspended = false
    private var task: Task<Void, Never>?

    /// A request of this head whose body was admitted, or that is refused with `answer` after its body has come.
    init(
        connection: Connection, handle: OpaquePointer, head: HTTPRequestHead, framing: ChunkFraming?, bodyBytesMax: Int,
        answer: HTTPResponse? = nil
    ) {
        self.connection = connection
        self.handle = handle
        self.head = head
        self.framing = framing
        self.bodyBytesMax = bodyBytesMax
        self.answer = answer
        requestID = head.requestID
    }

    /// Takes a piece of the body; false when more comes than is even thrown away.
    func receive(_ piece: UnsafeRawBufferPointer) -> Bool {
        if framing?.isWellFormed(before: piece, turn: connection.loop.turn) == false { refuseFraming() }
        if answer == nil, body.count + piece.count > bodyBytesMax {
            refuse(.bodyTooLarge(bodyBytesMax))
        }
        if answer == nil, !mayHold(body.count + piece.count) { refuse(.tooManyBodies) }
        guard answer != nil else {
            body.append(contentsOf: piece)
            return true
        }
        discarded += piece.count
        return discarded <= connection.loop.service.options.discardBytesMax
    }

    private func mayHold(_ bytes: Int) -> Bool {
        let more = bytes - BodyBudget.freeBytes - borrowed
        guard more > 0 else { return true }
        guard connection.loop.service.bodies.take(more) else { return false }
        borrowed += more
        return true
    }

    private func giveBack() {
        if borrowed > 0 { connection.loop.service.bodies.giveBack(borrowed) }
        borrowed = 0
    }

    deinit { giveBack() }

    /// All of the request has come.
    func received() {
        guard state == .receiving else { return }
        if let framing, !framing.hasGoodTrailer(handle) { refuseFraming() }
    }

    /// The body's chunks are not well-formed, or their lines too long.
    func refuseFraming() {
        guard !isInDoubt else { return }
        isInDoubt = true
        refuse(.framingNotValid)
    }

    private func refuse(_ problem: Problem) {
        connection.loop.service.tell(of: problem, requestID: requestID)
        answer = problem.response(requestID: requestID)
        body = []
        giveBack()
    }

    /// Asks the handler at first, and suspends the connection until `take` when the answer is not there by the next turn.
    ///
    /// Not at once: libmicrohttpd would resume it in the belief that it reads, do so before it asks for the answer, and take
    /// the end of a client that has closed its sending half for its leaving. A turn later it knows that nothing more is read
    /// (0.9.75, `MHD_connection_update_event_loop_info`). Many an answer is there by then.
    func run() {
        guard state == .receiving else { return suspend() }
        if connection.loop.draining?.step == .forced {
            // Nobody would wait for the handler any more.
            state = .answered
            return refuse(.stopping)
        }
        state = .running
        connection.enter(.handling)
        let request = HTTPRequest(head: head, body: body)
        body = []
        let service = connection.loop.service
        let loop = connection.loop
        task = service.startTask { [self] in
            let response = await service.handler.respond(to: request)
            if loop.isCurrent {
                // The task did not leave this thread: nothing was suspended yet.
                _ = take(response)
            } else {
                loop.post(.answered(self, response))
            }
        }
    }

    private func suspend() {
        guard state == .running, !suspended else { return }
        suspended = true
        MHD_suspend_connection(handle)
    }

    /// Takes the handler's answer; true when the connection was resumed. A second answer is dropped.
    func take(_ response: HTTPResponse) -> Bool {
        guard state == .running else { return false }
        state = .answered
        answer = response
        task = nil
        giveBack()
        guard suspended else { return false }
        suspended = false
        MHD_resume_connection(handle)
        return true
    }

    /// Nobody waits for the answer any more.
    func cancel() { task?.cancel() }
}
