import Kernel

/// What will happen by itself, and when.
struct Agenda: Sendable {
    enum Work: Sendable {
        case settleBalance(String)
        case expireAuthorization(String)
        case settleRefund(String)
        case failRefund(String)
        case openDispute(String, TestCard.Claim)
        case decideDispute(String, Dispute.Verdict)
        case disputeOverdue(String)
        case warnOfFraud(String)
        case expireVoucher(String, code: String)
        case expireCheckout(String)
    }

    private struct Entry {
        let due: Timestamp
        let work: Work
    }

    private var entries: [Entry] = []

    /// When the next work is due.
    var next: Timestamp? { entries.last?.due }

    mutating func add(_ work: Work, due: Timestamp) {
        // Kept with the next due at the end. What is due at the same time comes in the order of planning.
        var place = entries.startIndex
        var end = entries.endIndex
        while place < end {
            let middle = place + (end - place) / 2
            if entries[middle].due > due { place = middle + 1 } else { end = middle }
        }
        entries.insert(Entry(due: due, work: work), at: place)
    }

    /// Takes the next work that is due, in the order of dueness and then of planning.
    mutating func take(at now: Timestamp) -> (due: Timestamp, work: Work)? {
        guard let last = entries.last, last.due <= now else { return nil }
        entries.removeLast()
        return (last.due, last.work)
    }
}

extension SandboxState {
    /// Plans work for a while after its cause.
    mutating func plan(_ work: Agenda.Work, after duration: Duration, _ cause: Cause) {
        agenda.add(work, due: cause.at.adding(duration))
    }

    /// Does what has become due. Its objects and events carry the time when it was due, not the time of the look.
    mutating func catchUp(to now: Timestamp) {
        while let (due, work) = agenda.take(at: now) {
            let cause = Cause(at: due)
            switch work {
            case .settleBalance(let charge): settleBalance(charge, cause)
            case .expireAuthorization(let intent):
                guard paymentIntents[intent]?.status == .requiresCapture else { continue }
                do throws(StripeError) { try cancel(intent, reason: "automatic", isExpiry: true, cause) } catch {
                    // Its state was looked at in the line above.
                    continue
                }
            case .settleRefund(let refund): settleRefund(refund, cause)
            case .failRefund(let refund): failRefund(refund, cause)
            case .openDispute(let charge, let claim): openDispute(charge, claim, cause)
            case .decideDispute(let dispute, let verdict): decideDispute(dispute, verdict, cause)
            case .disputeOverdue(let dispute): disputeOverdue(dispute, cause)
            case .warnOfFraud(let charge): warnOfFraud(charge, cause)
            case .expireVoucher(let intent, let code): expireVoucher(intent, code, cause)
            case .expireCheckout(let session): expireCheckout(session, cause)
            }
        }
    }
}
