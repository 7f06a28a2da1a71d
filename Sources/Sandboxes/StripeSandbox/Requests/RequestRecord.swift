import HTTP
import JSON
import Kernel

/// One request as the pages show it. No key of an account is kept.
struct RequestRecord: Sendable {
    /// How much of a body is kept.
    static let bodyBytesMax = 16 << 10

    let id: String
    let at: Timestamp
    let method: String
    let path: String
    /// The query or the form as sent.
    let parameters: String
    let version: String
    let idempotencyKey: String?
    let status: Int
    let isReplay: Bool
    let fault: String?
    let answer: [UInt8]

    /// The beginning of what was sent, without the digits of cards: somebody may type a real one.
    static func masked(_ sent: String) -> String {
        let pairs = sent.split(separator: "&").map { pair -> Substring in
            let name = pair.prefix { $0 != "=" }
            let plain = PercentCoding.decode(name) ?? ""
            return plain.hasSuffix("[number]") || plain.hasSuffix("[cvc]") ? "\(name)=***" : pair
        }
        return String(pairs.joined(separator: "&").prefix(bodyBytesMax))
    }

    var json: JSONValue {
        [
            "id": .string(id), "time": .string(at.rfc3339), "method": .string(method), "path": .string(path),
            "parameters": .string(parameters), "stripe_version": .string(version),
            "idempotency_key": JSONValue(idempotencyKey), "status": .int(Int64(status)),
            "replayed": .bool(isReplay), "fault": JSONValue(fault),
        ]
    }
}
