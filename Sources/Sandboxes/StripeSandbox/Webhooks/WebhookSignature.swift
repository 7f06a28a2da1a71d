import Crypto
import Kernel

/// Stripe's signature of a delivery.
enum WebhookSignature {
    /// `t=…,v1=…`, one `v1` for each secret that is active, and in test mode a `v0` that nobody may trust.
    static func header(_ body: [UInt8], secrets: [Secret], at now: Timestamp) -> String {
        let moment = String(now.epochSeconds)
        let message = Array((moment + ".").utf8) + body
        let signatures = secrets.map { "v1=" + Hex.encode(Digest.hmacSHA256(key: Array($0.reveal().utf8), message)) }
        let dummy = "v0=" + Hex.encode(Digest.hmacSHA256(key: Array("test mode".utf8), message))
        return (["t=" + moment] + signatures + [dummy]).joined(separator: ",")
    }
}
