internal import Database
internal import JSON
internal import Kernel
internal import StripeClient

/// Which order an event is about.
enum OrderObject {
    /// The order that the event's object names in its metadata.
    static func orderID(of event: StripeEvent) -> OrderID? {
        event.object["metadata"]?["order_id"]?.string.flatMap { OrderID(untrusted: $0) }
    }

    /// The order of the event's object that we know: by the metadata, or by its payment intent.
    static func find(_ event: StripeEvent, in tx: Transaction) throws -> OrderID? {
        if let named = orderID(of: event), try OrderRepository(tx: tx).find(.id(named)) != nil { return named }
        guard let intent = paymentIntentID(of: event) else { return nil }
        return try OrderRepository(tx: tx).orderID(ofPaymentIntent: intent)
    }

    /// The payment intent that the event's object is or belongs to; expanded or not. Nil for what no database could hold, and
    /// so no row can name.
    static func paymentIntentID(of event: StripeEvent) -> String? {
        let link = event.object["payment_intent"]
        let id = event.objectType == "payment_intent" ? event.objectID : link?.string ?? link?["id"]?.string
        guard let id, !id.utf8.contains(0) else { return nil }
        return id
    }
}
