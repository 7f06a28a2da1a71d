internal import Database
internal import JSON
internal import Kernel

extension OrderHistory {
    /// Tells a person that something about an order's money must be decided: the review, the order's story and the
    /// log. Changes nothing while a review of this kind and source is open. `detail` names the `payment_intent`.
    func raise(
        _ kind: ReviewKind, source: String, _ detail: JSONObject, of order: OrderID, cause: Cause, in tx: Transaction,
        notes: Notes
    ) throws {
        let isNews = try ReviewRepository(tx: tx).raise(
            id: ids.uuid(), order: order, kind: kind, source: source, detail: detail, at: clock.now())
        guard isNews else { return }
        var told = detail
        told["kind"] = .string(kind.rawValue)
        try append("review_raised", of: order, cause: cause, told, in: tx)
        notes.warning(
            "payment_needs_review",
            ["order_id": .string(order.rawValue), "kind": .string(kind.rawValue), "cause": .string(cause.id)])
    }
}
