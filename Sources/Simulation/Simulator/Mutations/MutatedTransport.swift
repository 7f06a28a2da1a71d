internal import HTTP
internal import JSON
private import Synchronization

/// Stripe as a faulty program calls it.
struct MutatedTransport: HTTPTransport {
    let inner: any HTTPTransport
    /// Sends in its own way; nil is the usual one.
    let change: @Sendable (HTTPClientRequest, any HTTPTransport) async throws(HTTPTransportError) -> HTTPResponse?

    func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        if let response = try await change(request, inner) { return response }
        return try await inner.send(request)
    }
}

/// Numbers that never come twice.
final class Numbers: Sendable {
    private let last = Atomic(0)
    func next() -> Int { last.add(1, ordering: .relaxed).newValue }
}

/// Words that are remembered.
final class Remembered: Sendable {
    private let words = Mutex<Set<String>>([])
    func insert(_ word: String) { words.withLock { _ = $0.insert(word) } }
    func contains(_ word: String) -> Bool { words.withLock { $0.contains(word) } }
}
