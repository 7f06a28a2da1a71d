internal import Audit
internal import Database
internal import Identity
internal import JSON
internal import Kernel

/// What an operator decides about payments that did not fit (law 7).
struct ReviewService: Sendable {
    let database: any Database
    let fulfilments: Fulfilments
    let history: OrderHistory
    let audit: AuditTrail
    let clock: any WallClock

    /// Closes a review: one of a refund that failed by the operator's word, every other once the money that it is about
    /// has gone back. The last one of a quarantined order cancels the order: a mismatch never becomes paid. A repeat
    /// returns the resolved review. Throws `PaymentError.reviewNotFound` and `PaymentError.reviewNeedsRefund`.
    func resolve(_ id: String, note: String, by principal: Principal, cause: Cause) async throws -> Review {
        let now = clock.now()
        return try await database.write { [history, fulfilments, audit] tx in
            let reviews = ReviewRepository(tx: tx)
            guard let found = try reviews.find(id),
                var order = try OrderRepository(tx: tx).lock(.id(found.orderID)),
                let review = try reviews.find(id)
            else { throw PaymentError.reviewNotFound }
            if review.resolvedAt != nil { return review }
            try Self.requireReturned(review, in: tx)
            guard try reviews.resolve(id, by: principal.userID, note: note, at: now),
                let resolved = try reviews.find(id)
            else { throw PaymentError.reviewNotFound }
            try history.append(
                "review_resolved", of: order.id, cause: cause, ["kind": .string(review.kind)], in: tx)
            try audit.record(
                actor: .user(principal.userID), action: "review.resolved", subjectKind: "order",
                subjectID: order.id.rawValue, before: nil,
                after: ["review": .string(id), "kind": .string(review.kind)], in: tx)
            if order.status == .needsReview, try reviews.openKinds(of: order.id).isEmpty {
                try CancellationService.close(
                    &order, at: now, fulfilments: fulfilments, history: history, cause: cause, in: tx)
            }
            return resolved
        }
    }

    /// Money that is owed back is gone when Stripe says so: by refunds, or by a dispute that was lost. Of a refund that
    /// failed a person may have returned the money in another way, which only the note can tell.
    private static func requireReturned(_ review: Review, in tx: Transaction) throws {
        guard review.kind != ReviewKind.refundFailed.rawValue,
            let payment = try PaymentRepository(tx: tx).find(paymentIntent: review.paymentIntentID), !payment.applied
        else { return }
        var returned = try DisputeRepository(tx: tx).lost(of: payment)
        for refund in try RefundRepository(tx: tx).of(review.orderID)
        where refund.paymentID == payment.id && refund.state == .succeeded {
            returned = try returned.adding(refund.amount)
        }
        guard returned.amountMinor >= payment.amount.amountMinor else { throw PaymentError.reviewNeedsRefund }
    }
}
