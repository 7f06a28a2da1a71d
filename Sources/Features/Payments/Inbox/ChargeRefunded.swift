internal import Database
internal import JSON
internal import Jobs
internal import Kernel
internal import StripeClient

/// `charge.refunded`: logged (S3-HOOK-03). The charge tells only a sum; the refunds themselves are read from Stripe
/// by a job when the sum is more than we know of.
struct ChargeRefunded: EventHandler {
    let jobs: JobQueue
    var types: [String] { ["charge.refunded"] }

    func handle(_ event: StripeEvent, in tx: Transaction, notes: Notes) throws -> EventOutcome {
        let charge = try StripeCharge(json: event.object)
        guard let intent = charge.paymentIntent else { return .ignored("foreign_object") }
        guard let payment = try PaymentRepository(tx: tx).find(paymentIntent: intent.rawValue) else {
            return try OrderObject.find(event, in: tx) == nil ? .ignored("foreign_object") : .waiting("payment")
        }
        notes.info(
            "charge_refunded",
            [
                "order_id": .string(payment.orderID.rawValue), "event_id": .string(event.id.rawValue),
                "charge": .string(charge.id.rawValue), "amount_refunded": .int(charge.amountRefunded.amountMinor),
            ])
        var known = Money.zero(payment.amount.currency)
        for refund in try RefundRepository(tx: tx).of(payment.orderID)
        where refund.paymentID == payment.id && refund.state == .succeeded {
            known = try known.adding(refund.amount)
        }
        guard known.amountMinor < charge.amountRefunded.amountMinor else { return .applied("refund_known") }
        try jobs.enqueue(
            ReadRefunds(paymentIntent: intent.rawValue, event: event.id.rawValue),
            dedupeKey: "payments.read_refunds:\(event.id.rawValue)", subject: payment.orderID.rawValue, in: tx)
        return .applied("refunds_to_read")
    }
}
