/// What a call ended in instead of an answer. Prints codes only, never what was sent or what Stripe wrote about it.
public enum StripeError: Error, Equatable {
    /// 402: the card, its bank or Stripe's risk rules said no. Business (law 12). The same key repeats the refusal.
    case card(StripeCardError)
    /// 400 or 404: the request is wrong, or the object is not in a state for it. This call changed nothing.
    case invalidRequest(StripeInvalidRequest)
    /// 400: the key was used before with other parameters or for another endpoint. This call changed nothing, but the
    /// earlier one may have: read the object back before a new key is taken (law 2).
    case idempotencyConflict
    /// 401, or no key at all: Stripe does not know us. Nothing happened. A fault of ours.
    case authentication
    /// 403: our key may not do this. Nothing happened. A fault of ours.
    case permission
    /// 429: too many requests, or the object is locked by another one. Nothing happened; come again later.
    case rateLimited
    /// A write of which nobody can say yet whether Stripe did it (law 3): settle it by the same key, by reading the
    /// object back, or by the event.
    case outcomeUnknown(StripeDoubt, requestID: String?)
    /// A read that got no answer, or a write that never left. Nothing happened; come again later.
    case unavailable(StripeDoubt)
    /// Something answered that does not speak as Stripe does. After a write, Stripe may have acted.
    case unexpectedAnswer(String)

    /// Whether this call certainly changed nothing and will not, so that an attempt may be counted as failed and the
    /// next one take a new key (law 2).
    ///
    /// False also where this call changed nothing but its aim may have been reached before: by an earlier use of the
    /// key, or because the object is already in the state that was wanted. Then the object must be read.
    public var isDefiniteRefusal: Bool {
        switch self {
        case .card, .authentication, .permission, .rateLimited: true
        case .invalidRequest(let problem): !problem.mayBeDoneAlready
        case .idempotencyConflict, .outcomeUnknown, .unavailable, .unexpectedAnswer: false
        }
    }

    /// Whether an id or a reference is not known to Stripe.
    public var isResourceMissing: Bool {
        if case .invalidRequest(let problem) = self { problem.isResourceMissing } else { false }
    }
}

/// Why there is no answer.
public enum StripeDoubt: Hashable, Sendable, CustomStringConvertible {
    /// Nothing reached Stripe.
    case notSent
    /// The time ran out.
    case timeout
    /// The connection broke after sending had begun.
    case connectionLost
    /// Stripe failed with this status.
    case serverError(status: Int)
    /// Stripe repeats a failure that it stored under this key, with this status. The key will never say more: read the
    /// object back.
    case replayedServerError(status: Int)
    /// The same key is still being worked on, or the object is.
    case conflict
    /// Our task was cancelled.
    case cancelled

    /// A stable word for logs.
    public var description: String {
        switch self {
        case .notSent: "not_sent"
        case .timeout: "timeout"
        case .connectionLost: "connection_lost"
        case .serverError(let status): "server_error_\(status)"
        case .replayedServerError(let status): "replayed_server_error_\(status)"
        case .conflict: "conflict"
        case .cancelled: "cancelled"
        }
    }
}

extension StripeError: CustomStringConvertible, CustomDebugStringConvertible {
    /// The case and its codes.
    public var description: String {
        switch self {
        case .card(let error): error.description
        case .invalidRequest(let problem): problem.description
        case .idempotencyConflict: "stripe: idempotency_conflict"
        case .authentication: "stripe: authentication"
        case .permission: "stripe: permission"
        case .rateLimited: "stripe: rate_limited"
        case .outcomeUnknown(let doubt, let requestID):
            "stripe: outcome_unknown (\(doubt)\(requestID.map { ", \($0)" } ?? ""))"
        case .unavailable(let doubt): "stripe: unavailable (\(doubt))"
        case .unexpectedAnswer(let what): "stripe: unexpected_answer (\(what))"
        }
    }

    /// The same.
    public var debugDescription: String { description }
}
