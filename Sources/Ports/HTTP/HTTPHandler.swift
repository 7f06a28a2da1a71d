/// What a server serves: the application, or a sandbox.
public protocol HTTPHandler: Sendable {
    /// Decides by the head alone whether the body is wanted, and how much of it. Must be quick and must not block:
    /// it runs on the server's own thread.
    func admit(_ head: HTTPRequestHead) -> HTTPAdmission

    /// Answers a request whose body was admitted. Every fault becomes an answer. When the client leaves, the task
    /// is cancelled.
    func respond(to request: HTTPRequest) async -> HTTPResponse

    /// Told that the server refused a request by itself, so that it can be counted: its head was malformed or too large, or
    /// its body was. `code` is the problem's. Must be quick and must not block: it runs on the server's own thread.
    func refused(code: String)

    /// Told what became of a connection, so that it can be counted. Each that is opened is closed. Must be quick and must not
    /// block: it runs on the server's own threads.
    func connection(_ event: ConnectionEvent)
}

extension HTTPHandler {
    /// Nobody counts.
    public func refused(code: String) {}
    /// Nobody counts.
    public func connection(_ event: ConnectionEvent) {}
}

/// What becomes of a connection.
public enum ConnectionEvent: Sendable, Equatable {
    /// It is let in.
    case opened
    /// One that was let in is closed.
    case closed
    /// It is not let in, for a reason of the program's own words.
    case turnedAway(reason: String)
}

/// What a handler says of a head.
public enum HTTPAdmission: Sendable {
    /// Read the body, of at most so many bytes, then ask for the answer. A larger one is refused with 413.
    case accept(bodyBytesMax: Int)
    /// Answer this without reading the body.
    case refuse(HTTPResponse)
}
