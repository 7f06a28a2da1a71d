internal import ChildProcess

/// A Stripe sandbox in a process of its own. It is never killed: what it holds is in its memory.
public final class SandboxProcess: Sendable {
    /// Where it answers.
    public let url: String
    private let child: ChildProcess

    /// The key that servers use.
    public static let secretKey = "sk_test_kessai"
    /// The key of payers' browsers.
    public static let publishableKey = "pk_test_kessai"

    /// Starts one at a port. `retrySpeed`: how many times faster than Stripe deliveries are repeated. Throws
    /// ``DrillFailure``.
    public init(on site: Site, port: UInt16, retrySpeed: Int) async throws {
        child = try site.start(
            "sandbox", ["sandbox", "stripe", "--port", "\(port)", "--retry-speed", "\(retrySpeed)"])
        do {
            guard try await site.waits(for: "Stripe sandbox:", from: "sandbox", of: child) else {
                throw DrillFailure("the sandbox does not begin: \(site.log("sandbox"))")
            }
        } catch {
            child.send(.kill)
            throw error
        }
        url = "http://127.0.0.1:\(port)"
    }

    /// Whether it still runs.
    public var isAlive: Bool { child.poll() == nil }

    /// Ends it.
    public func stop() { child.send(.kill) }
}
