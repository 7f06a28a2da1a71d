/// Where something can go wrong.
public enum Point: String, Sendable, CaseIterable {
    /// A transaction that writes.
    case commit
    /// A call to Stripe.
    case call
    /// A mail that is handed over.
    case mail
    /// A request of a client.
    case request
    /// An event that Stripe delivers.
    case delivery
}

/// What can go wrong there.
public enum Fault: String, Sendable, CaseIterable {
    // At a commit
    case crashBeforeCommit = "crash_before_commit"
    case crashAfterCommit = "crash_after_commit"
    case commitRefused = "commit_refused"
    case commitUnknownDone = "commit_unknown_done"
    case commitUnknownUndone = "commit_unknown_undone"
    case databaseAway = "database_away"
    /// One of its first statements fails, as a constraint that nobody thought of would.
    case statementFailed = "statement_failed"
    case diskFull = "disk_full"
    // At a call to Stripe
    case crashBeforeCall = "crash_before_call"
    case crashAfterCall = "crash_after_call"
    case callNotSent = "call_not_sent"
    case callLost = "call_lost"
    case callAnswerLost = "call_answer_lost"
    /// Stripe acts; then the machine stands still for longer than Stripe remembers the key.
    case callAnswerLostForADay = "call_answer_lost_for_a_day"
    case callRepeated = "call_repeated"
    /// It reaches Stripe after we have given it up.
    case callLate = "call_late"
    case callSlow = "call_slow"
    /// Stripe acts, and half of its answer comes.
    case callCut = "call_cut"
    /// Stripe acts, and somebody between us answers with a page.
    case callNotJSON = "call_not_json"
    case callUnauthorized = "call_unauthorized"
    case callForbidden = "call_forbidden"
    case callRateLimited = "call_rate_limited"
    case callLockTimeout = "call_lock_timeout"
    case callServerError = "call_server_error"
    case callServerErrorDone = "call_server_error_done"
    /// 409: another request with its key is being worked on, it says.
    case callKeyInUse = "call_key_in_use"
    /// 404 for what is there; the key keeps it.
    case callNotFound = "call_not_found"
    /// 424: something that Stripe needs has failed.
    case callDependencyFailed = "call_dependency_failed"
    /// 504 from Stripe, which acts.
    case callGatewayTimeout = "call_gateway_timeout"
    case callOutage = "call_outage"
    // At a mail
    case crashBeforeMail = "crash_before_mail"
    case crashAfterMail = "crash_after_mail"
    case mailNotSent = "mail_not_sent"
    case mailAnswerLost = "mail_answer_lost"
    // At a client's request
    case requestLost = "request_lost"
    case requestAnswerLost = "request_answer_lost"
    case requestRepeated = "request_repeated"
    case requestRepeatedLate = "request_repeated_late"
    case requestAnswerSlow = "request_answer_slow"
    case requestSlow = "request_slow"
    /// The client is gone while it is answered.
    case requestHungUp = "request_hung_up"
    // At a delivery
    case deliveryLost = "delivery_lost"
    case deliveryAnswerLost = "delivery_answer_lost"
    case deliveryRepeated = "delivery_repeated"
    case deliveryRepeatedLate = "delivery_repeated_late"
    case deliveryAnswerSlow = "delivery_answer_slow"
    case deliverySlow = "delivery_slow"
    /// Stripe is gone while its event is taken.
    case deliveryHungUp = "delivery_hung_up"

    /// Where it strikes.
    public var point: Point {
        switch self {
        case .crashBeforeCommit, .crashAfterCommit, .commitRefused, .commitUnknownDone, .commitUnknownUndone,
            .databaseAway, .statementFailed, .diskFull:
            .commit
        case .crashBeforeCall, .crashAfterCall, .callNotSent, .callLost, .callAnswerLost, .callAnswerLostForADay,
            .callRepeated, .callLate,
            .callSlow, .callCut, .callNotJSON, .callUnauthorized, .callForbidden, .callRateLimited, .callLockTimeout,
            .callServerError, .callServerErrorDone, .callKeyInUse, .callNotFound, .callDependencyFailed,
            .callGatewayTimeout, .callOutage:
            .call
        case .crashBeforeMail, .crashAfterMail, .mailNotSent, .mailAnswerLost: .mail
        case .requestLost, .requestAnswerLost, .requestRepeated, .requestRepeatedLate, .requestAnswerSlow, .requestSlow,
            .requestHungUp:
            .request
        case .deliveryLost, .deliveryAnswerLost, .deliveryRepeated, .deliveryRepeatedLate, .deliveryAnswerSlow,
            .deliverySlow, .deliveryHungUp:
            .delivery
        }
    }

    /// Whether the application dies of it.
    public var isCrash: Bool { rawValue.hasPrefix("crash") }

    static let byPoint = Dictionary(grouping: allCases, by: \.point)
}

/// A misfortune of a history: it strikes when its point is passed for the `turn`-th time, by any activity or by one.
public struct PlannedFault: Sendable, Equatable {
    /// What goes wrong.
    public let fault: Fault
    /// Only while this is done (`POST /api/orders`); nil is anything.
    public let activity: String?
    /// Which time, from 1.
    public let turn: Int
}
