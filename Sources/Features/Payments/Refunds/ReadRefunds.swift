internal import Database
internal import Jobs
internal import StripeClient

/// Reads every refund of an intent from Stripe and applies them. Repeating is harmless: each refund applies once.
struct ReadRefunds: JobArguments {
    static let kind = "payments.read_refunds"
    let paymentIntent: String
    let event: String

    static func definition(
        database: any Database, stripe: any StripeService, settlement: RefundSettlement
    ) -> JobDefinition {
        JobDefinition(ReadRefunds.self) { arguments, context in
            let id = StripePaymentIntentID(arguments.paymentIntent)
            let refunds = try await stripe.refunds(ofPaymentIntent: id)
            try await database.write(loggingTo: context.log) { tx, notes in
                guard let payment = try PaymentRepository(tx: tx).find(paymentIntent: arguments.paymentIntent) else {
                    return
                }
                for refund in refunds {
                    guard let order = try OrderRepository(tx: tx).lock(.id(payment.orderID)) else { return }
                    try settlement.apply(
                        refund, to: payment, of: order, cause: .event(arguments.event), in: tx, notes: notes)
                }
            }
        }
    }
}
