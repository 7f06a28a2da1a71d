internal import Database
internal import Jobs
internal import Kernel
internal import StripeClient

/// `charge.dispute.*`: recorded; what the bank takes and gives back is booked. The order stays paid: whether to take
/// the goods back is the shop's decision.
struct DisputeChanged: EventHandler {
    let settlement: DisputeSettlement
    let jobs: JobQueue
    var types: [String] {
        [
            "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
            "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
        ]
    }

    func handle(_ event: StripeEvent, in tx: Transaction, notes: Notes) throws -> EventOutcome {
        let dispute = try StripeDispute(json: event.object)
        guard let intent = dispute.paymentIntent else { return .ignored("foreign_object") }
        guard let payment = try PaymentRepository(tx: tx).find(paymentIntent: intent.rawValue) else {
            return try OrderObject.find(event, in: tx) == nil ? .ignored("foreign_object") : .waiting("payment")
        }
        guard let order = try OrderRepository(tx: tx).lock(.id(payment.orderID)) else { return .waiting("order") }
        let cause = Cause.event(event.id.rawValue)
        let news = try DisputeRepository(tx: tx).store(dispute, payment: payment, snapshotAt: event.created)
        if news == .changed { try settlement.tell(dispute, of: order, cause: cause, in: tx, notes: notes) }
        try settlement.book(event.type, dispute, of: order, cause: cause, in: tx)
        switch news {
        case .changed: return .applied("dispute_\(dispute.status.word)")
        case .known: return .applied("dispute_known")
        case .contradiction:
            let reading = ReadDispute(dispute: dispute.id.rawValue, event: event.id.rawValue)
            try jobs.enqueue(
                reading, dedupeKey: "\(ReadDispute.kind):\(reading.event)", subject: order.id.rawValue, in: tx)
            return .applied("dispute_to_read")
        }
    }
}
