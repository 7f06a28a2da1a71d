import HTTP
import JSON
import Kernel

/// How one attempt at a call ended.
enum StripeAttempt {
    case answered(HTTPResponse)
    case failed(HTTPTransportError)

    /// The answer's headers that concern us.
    var requestID: String? {
        if case .answered(let response) = self { response.headers["Request-Id"] } else { nil }
    }

    /// Whether Stripe repeats what it stored under the key.
    var replayed: Bool {
        if case .answered(let response) = self { response.headers["Idempotent-Replayed"] == "true" } else { false }
    }

    /// Whether to send the call again, by the rule of Stripe's own libraries: its header decides where it is present;
    /// else lost connections, 409 and 5xx are tried again, and 429 is not.
    ///
    /// A 5xx that is already a replay would only be replayed once more, so it is not tried again.
    var mayRetry: Bool {
        switch self {
        case .failed(.notSent), .failed(.timeout), .failed(.lost): return true
        case .failed(.answerTooLarge), .failed(.cancelled): return false
        case .answered(let response):
            if (200..<300).contains(response.status) { return false }
            switch response.headers["Stripe-Should-Retry"] {
            case "true": return true
            case "false": return false
            default: return response.status == 409 || (response.status >= 500 && !replayed)
            }
        }
    }

    /// What is unsure about a write after this attempt; nil when it is certain what Stripe did, or that it did nothing.
    var doubt: StripeDoubt? {
        switch self {
        case .failed(.notSent): return nil
        case .failed(.timeout): return .timeout
        case .failed(.lost), .failed(.answerTooLarge): return .connectionLost
        case .failed(.cancelled): return .cancelled
        case .answered(let response):
            switch response.status {
            case 409: return .conflict
            case 424, 500...:
                return replayed ? .replayedServerError(status: response.status) : .serverError(status: response.status)
            default: return nil
            }
        }
    }

    /// How long to wait before the retry of that number, counted from 0: 0.5 s · 2^n, at most 5 s, of which
    /// randomness takes 50 to 100 % so that many clients do not return at once.
    static func backoff(retry: Int, random: any RandomSource) -> Duration {
        let fullMs = Int64(min(500 << min(max(retry, 0), 10), 5000))
        return .milliseconds(random.number(in: (fullMs / 2)...fullMs))
    }
}
