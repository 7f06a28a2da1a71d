public import HTTP
import Kernel

/// Why a call has no result. No case holds a secret.
public enum KessaiError: Error, Equatable {
    /// The server refused, and says why.
    case problem(KessaiProblem)
    /// There was no answer, after every attempt. `mayHaveActed` is false only when no attempt reached the server.
    /// Whichever it is, the same call with the same key is safe: it finds what was done.
    case noAnswer(HTTPTransportError, mayHaveActed: Bool)
    /// Somebody answered what this client does not understand: a proxy in between, or a server of another time.
    case unexpectedAnswer(status: Int, reason: String, requestID: String?)
    /// The call was not sent, since what it was given cannot be right.
    case invalidArgument(String)
}

/// A refusal: RFC 9457 `application/problem+json`, as every refusal of a Kessai server is.
public struct KessaiProblem: Sendable, Equatable {
    /// The HTTP status.
    public let status: Int
    /// A stable word to decide by: `license_owned`, `purchase_token_unknown`.
    public let code: String
    /// What happened and what to do, for a person. Holds no secret and nothing of what was sent.
    public let detail: String
    /// The fields at fault, for `invalid_input`.
    public let fields: [Field]
    /// How long the server asks to wait before the call is repeated; nil when it does not say.
    public let retryAfter: Duration?
    /// The server's name for the request, to ask about.
    public let requestID: String?

    /// A field at fault.
    public struct Field: Sendable, Equatable {
        /// Where: `items[0].quantity`.
        public let name: String
        /// A stable word: `missing`, `malformed`, `not_allowed`.
        public let code: String
        /// What to change, for a person.
        public let detail: String
    }
}

extension KessaiError {
    /// Whether the same call, with the same key, may succeed later: there was no answer, or one of somebody in between
    /// (a hotel's log-in page too), the server asks for patience, or has a fault that may pass. A repeat is harmless in
    /// any case.
    public var mayRepeat: Bool {
        switch self {
        case .problem(let problem):
            problem.retryAfter != nil || problem.status == 429 || problem.status == 500 || problem.status > 502
        case .noAnswer, .unexpectedAnswer: true
        case .invalidArgument: false
        }
    }

    /// Whether a purchase is over by this, so that the app can forget its token and key: it was not paid and cannot be
    /// any more, or the token is none of this device's. Anything else leaves a purchase that may be paid.
    public var endsPurchase: Bool {
        switch code {
        case "purchase_closed", "purchase_token_expired", "purchase_token_unknown", "purchase_token_of_another_device":
            true
        default: false
        }
    }

    /// How long to wait before a repeat, where the server says so.
    public var retryAfter: Duration? {
        if case .problem(let problem) = self { problem.retryAfter } else { nil }
    }

    /// The problem's code; nil when there is no problem.
    public var code: String? {
        if case .problem(let problem) = self { problem.code } else { nil }
    }

    /// The server's name for the request, to ask about; nil when there was no answer.
    public var requestID: String? {
        switch self {
        case .problem(let problem): problem.requestID
        case .unexpectedAnswer(_, _, let requestID): requestID
        case .noAnswer, .invalidArgument: nil
        }
    }
}

extension KessaiError: CustomStringConvertible {
    /// One line for a log.
    public var description: String {
        switch self {
        case .problem(let problem): problem.description
        case .noAnswer(let error, let mayHaveActed):
            "no answer: \(error)\(mayHaveActed ? "; the server may have acted" : "")"
        case .unexpectedAnswer(let status, let reason, let requestID):
            "an answer that is not understood: \(reason) (\(status)\(requestID.map { ", request \($0)" } ?? ""))"
        case .invalidArgument(let reason): "not sent: \(reason)"
        }
    }
}

extension KessaiProblem: CustomStringConvertible {
    /// One line for a log.
    public var description: String {
        "\(code): \(detail) (\(status)\(requestID.map { ", request \($0)" } ?? ""))"
    }
}
