import Crypto
import HTTP
import JSON
import Kernel
import StripeSchemas
import Synchronization
import Testing

/// A receiver of events that judges every one: its signature, its shape, and its object's shape.
final class Hook: HTTPHandler {
    struct Received: Sendable {
        let event: JSONValue
        let signature: String
        let body: [UInt8]
    }

    private let kept = Mutex<[Received]>([])
    private let statuses = Mutex<[Int]>([])

    /// What came, in order.
    var received: [Received] { kept.withLock { $0 } }
    var types: [String] { received.compactMap { $0.event["type"]?.string } }

    /// Answers the next deliveries with these, and then with 200 again.
    func answerNext(_ answers: Int...) { statuses.withLock { $0 = answers } }
    func forget() { kept.withLock { $0 = [] } }

    func admit(_ head: HTTPRequestHead) -> HTTPAdmission { .accept(bodyBytesMax: 1 << 20) }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let answer = Answer(HTTPResponse(status: 200, body: request.body))
        let version = answer.json["api_version"]?.string
        let judge = [StripeSchemas.newest, .old].first { $0.version == version }
        if let judge {
            let faults = Harness.faults(in: answer.json, judge)
            #expect(faults.isEmpty, "\(answer.text)")
        }
        #expect(request.head.headers["Content-Type"] == "application/json; charset=utf-8")
        #expect(request.head.headers["User-Agent"]?.hasPrefix("Stripe/1.0") == true)
        let received = Received(
            event: answer.json, signature: request.head.headers["Stripe-Signature"] ?? "", body: request.body)
        kept.withLock { $0.append(received) }
        let status = statuses.withLock { $0.isEmpty ? 200 : $0.removeFirst() }
        return .text("status \(status)", status: status)
    }

    /// The `v1` signatures of a header that are right for a secret.
    static func valid(_ received: Received, secret: String) -> Bool {
        let parts = received.signature.split(separator: ",").map(String.init)
        guard let moment = parts.first(where: { $0.hasPrefix("t=") })?.dropFirst(2) else { return false }
        let message = Array("\(moment).".utf8) + received.body
        let wanted = "v1=" + Hex.encode(Digest.hmacSHA256(key: Array(secret.utf8), message))
        return parts.contains(wanted)
    }
}
