private import Synchronization

/// A body that is made while it is sent, piece by piece, for what is too large to be held at once.
///
/// A piece is asked for when the client has taken the one before, so what is in memory is one piece, however slow the
/// client is. Keep a piece below some 256 KiB.
public struct HTTPBodyStream: Sendable {
    private let make: @Sendable () async throws -> [UInt8]?

    /// A body of what `next` makes: a piece, which may be empty, or nil at the end. It is never asked twice at once, and
    /// not again after its end. An error breaks the connection, so that the client does not take what came for the
    /// whole. When the client leaves, the task that it runs in is cancelled.
    public init(_ next: @escaping @Sendable () async throws -> [UInt8]?) { make = next }

    /// The same with a state that `next` carries on from piece to piece.
    public init<State: Sendable>(
        from state: State, next: @escaping @Sendable (_ state: inout State) async throws -> [UInt8]?
    ) {
        let kept = Kept(state)
        make = {
            var state = kept.state.withLock { $0 }
            let piece = try await next(&state)
            kept.state.withLock { [state] in $0 = state }
            return piece
        }
    }

    /// The next piece; nil at the end. Throws what its maker throws.
    public func next() async throws -> [UInt8]? { try await make() }

    private final class Kept<State: Sendable>: Sendable {
        let state: Mutex<State>

        init(_ state: State) { self.state = Mutex(state) }
    }
}

/// What an answer is when all of it is in memory; for callers in the same process.
extension HTTPResponse {
    /// The answer with all of its body in `body`. Throws what the stream throws, and a `Problem` when there is more than
    /// `bytesMax`.
    public func collected(bytesMax: Int) async throws -> HTTPResponse {
        guard let stream else { return self }
        var whole = self
        whole.stream = nil
        while let piece = try await stream.next() {
            guard whole.body.count + piece.count <= bytesMax else {
                throw Problem(
                    status: 500, code: "answer_too_large", detail: "The answer has more than \(bytesMax) bytes.")
            }
            whole.body += piece
        }
        return whole
    }
}
