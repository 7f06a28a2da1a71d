import CMicroHTTPD
import HTTP
import Kernel

/// An answer's body that is made while it is sent. A piece is asked for when the socket has taken the one before;
/// meanwhile the connection is suspended, so that nothing waits and nothing piles up.
///
/// `@unchecked Sendable`: belongs to its loop's thread; other threads only carry it back there in a message.
final class StreamedBody: @unchecked Sendable {
    /// What its maker gave.
    enum Piece: Sendable {
        case bytes([UInt8])
        case end
        case failure
    }

    private enum State {
        /// What there is can be sent; then more is asked for.
        case sending
        /// More is being made.
        case making
        /// There is no more.
        case finished
        /// What the client got is not the whole.
        case broken
        /// Nobody wants it any more.
        case over
    }

    private let connection: Connection
    private let handle: OpaquePointer
    private let stream: HTTPBodyStream
    private let requestID: String
    private var piece: [UInt8]
    private var sent = 0
    private var state = State.sending
    private var suspended = false
    private var task: Task<Void, Never>?

    /// The body of `answer`, which has a stream.
    init(
        _ stream: HTTPBodyStream, after beginning: [UInt8], requestID: String, on connection: Connection,
        handle: OpaquePointer
    ) {
        self.stream = stream
        self.requestID = requestID
        self.connection = connection
        self.handle = handle
        piece = beginning
    }

    /// Gives libmicrohttpd the next bytes; 0 when it must wait, and was suspended.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            if sent < piece.count {
                let count = min(buffer.count, piece.count - sent)
                piece.withUnsafeBytes {
                    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sent..<(sent + count)]))
                }
                sent += count
                connection.enter(.sending)
                return count
            }
            switch state {
            case .finished: return kessai_mhd_end_of_stream
            case .broken, .over: return kessai_mhd_end_with_error
            // Nobody would wait for the next piece any more.
            case .sending where connection.loop.draining?.step == .forced: state = .broken
            case .sending: ask()
            case .making: break
            }
            if state == .making {
                suspended = true
                MHD_suspend_connection(handle)
                return 0
            }
        }
    }

    private func ask() {
        state = .making
        connection.enter(.making)
        let loop = connection.loop
        task = loop.service.startTask { [self] in
            let piece = await make()
            if loop.isCurrent {
                _ = take(piece)
            } else {
                loop.post(.streamed(self, piece))
            }
        }
    }

    private func make() async -> Piece {
        do {
            guard let bytes = try await stream.next() else { return .end }
            return .bytes(bytes)
        } catch {
            return .failure
        }
    }

    /// Takes what its maker gave; true when the connection was resumed.
    func take(_ piece: Piece) -> Bool {
        guard state == .making else { return false }
        task = nil
        switch piece {
        case .bytes(let bytes):
            self.piece = bytes
            sent = 0
            state = .sending
        case .end: state = .finished
        case .failure:
            state = .broken
            connection.loop.service.log.error("http_stream_failed", ["request_id": .string(requestID)])
        }
        return resume()
    }

    /// Ends it before its end; the client sees that.
    func breakOff() {
        guard state == .making || state == .sending else { return }
        state = .broken
        piece = []
        _ = resume()
    }

    /// Nobody waits for it any more.
    func cancel() { task?.cancel() }

    /// libmicrohttpd is done with it.
    func end() {
        state = .over
        piece = []
        suspended = false
    }

    private func resume() -> Bool {
        guard suspended else { return false }
        suspended = false
        MHD_resume_connection(handle)
        return true
    }
}
