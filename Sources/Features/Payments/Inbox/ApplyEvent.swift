internal import Jobs
internal import StripeClient

/// Applies an event that could not be applied when it came. Repeating is harmless: an applied event stays applied.
struct ApplyEvent: JobArguments {
    static let kind = "payments.apply_event"
    /// The stored event's own id.
    let event: String

    var dedupeKey: String { "\(Self.kind):\(event)" }
}

/// What an event still waits for; the job fails with it and is tried again.
struct EventStillWaits: JobFailureExplaining {
    let jobFailure: String
}

extension ApplyEvent {
    /// About three days of tries, then a dead letter that an operator can replay.
    static func definition(inbox: Inbox) -> JobDefinition {
        JobDefinition(ApplyEvent.self, policy: JobPolicy(queue: "inbox", attemptsMax: 28)) { arguments, context in
            let outcome = try await inbox.retry(arguments.event, last: context.isLastAttempt)
            switch outcome {
            case .waiting(let word): throw EventStillWaits(jobFailure: "waits for \(word)")
            case .unreadable(let reason): throw JobDiscard(reason)
            case .applied, .ignored: break
            }
        }
    }
}
