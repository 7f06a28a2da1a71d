internal import Database
internal import Kernel
internal import StripeClient

/// Collected charges. One of ours without a row is recorded from its intent; one whose order is not here, or that
/// cannot be applied, is left for a person.
///
/// Only collected money counts: failed charges, those still on their way and those only authorised are passed over,
/// and so are payments of invoices, which are a subscription's (GEN-04).
///
/// Cost of a page: one request, one query and one transaction; for each charge without a row a request and a
/// transaction more.
struct ReconcileCharges: ReconciledObjects {
    let database: any Database
    let stripe: StripeGateway
    let owner: ReconciliationOwner
    let healing: ReconciliationHealing
    let name = "charges"
    /// What a dry run says of a charge that a run would record.
    private static let notRecorded = "not_recorded"

    func page(after cursor: String?, of run: ReconciliationRun) async throws -> ReconciledPage {
        let list = try await stripe.charges(in: run.period, after: cursor)
        var page = ReconciledPage(list)
        page.reached = list.data.last?.created
        let charges = list.data.filter(\.isMoney)
        let intents = charges.compactMap(\.paymentIntent?.rawValue)
        let known = try await database.read { tx in try PaymentRepository(tx: tx).recorded(intents) }
        for charge in charges {
            let isRecorded = charge.paymentIntent.map { known.contains($0.rawValue) } ?? false
            let isOurs = if isRecorded { true } else { try await owner.isOurs(charge.metadata) }
            guard isOurs else {
                page.tally.passed("charge", charge.amountCaptured)
                continue
            }
            var counted = charge.counted
            if !isRecorded {
                if run.isDryRun {
                    counted.reason = try await owner.isHere(charge.metadata) ? Self.notRecorded : "order_unknown"
                } else if let intent = charge.paymentIntent {
                    counted.reason = try await healing.record(intent, cause: run.cause)
                } else {
                    counted.reason = "without_intent"
                }
                if counted.reason == nil || counted.reason == Self.notRecorded { page.tally.did(.chargesRecorded) }
            }
            page.counted.append(counted)
        }
        return page
    }
}

extension StripeCharge {
    /// Whether it is collected money, and not a subscription's.
    var isMoney: Bool { status == .succeeded && captured && invoice == nil }

    /// What the statement counts.
    var counted: CountedObject {
        CountedObject(
            subject: .charge, stripeID: id.rawValue, paymentIntentID: paymentIntent?.rawValue, moved: amountCaptured,
            created: created)
    }
}

extension PaymentRepository {
    /// Which of these intents' money is recorded; at most 100 intents.
    func recorded(_ intents: [String]) throws -> Set<String> {
        guard !intents.isEmpty else { return [] }
        return Set(
            try tx.rows(
                .among(
                    "SELECT stripe_payment_intent_id FROM payments WHERE stripe_payment_intent_id IN", intents)
            ).map { try $0.text("stripe_payment_intent_id") })
    }
}
