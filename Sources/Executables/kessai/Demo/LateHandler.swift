internal import HTTP
private import Synchronization

/// Lets a server listen before what it serves is made: ports are known first, and whoever comes too early is told to
/// come again.
final class LateHandler: HTTPHandler {
    private let handler = Mutex<(any HTTPHandler)?>(nil)

    /// From now on this is served.
    func serve(_ late: any HTTPHandler) { handler.withLock { $0 = late } }

    private var current: (any HTTPHandler)? { handler.withLock { $0 } }

    func admit(_ head: HTTPRequestHead) -> HTTPAdmission {
        guard let current else {
            return .refuse(Problem.unavailable("Starting.", retryAfterSeconds: 1).response(requestID: head.requestID))
        }
        return current.admit(head)
    }

    func refused(code: String) { current?.refused(code: code) }
    func connection(_ event: ConnectionEvent) { current?.connection(event) }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard let current else {
            return Problem.unavailable("Starting.", retryAfterSeconds: 1).response(requestID: request.head.requestID)
        }
        return await current.respond(to: request)
    }
}
