internal import HTTP
internal import Kernel
internal import KessaiAPI

/// `POST /api/payments/intent`.
struct IntentRoutes: Sendable {
    let service: IntentService
    /// For the buyer's Stripe.js; nil where none is configured.
    let publishableKey: String?

    var routes: [Route] {
        [
            // Repeating is harmless by itself: the same intent is returned, and its secret is stored nowhere.
            Route(
                "POST", "/api/payments/intent", "Open the payment of an order", tag: "Payments",
                access: .authenticated, body: CreateIntentRequest.schema, repeats: .harmless,
                answers: [.init(200, "The intent to confirm with Stripe.", IntentResponse.schema)], rateClass: .payment
            ) { context in
                let principal = try context.authenticated()
                let request = try CreateIntentRequest(validated: context.json)
                let reference: OrderReference
                switch request.orderID {
                case .number(let number): reference = .number(number)
                case .id(let id): reference = try OrderReference.of(id)
                }
                let opened = try await service.open(
                    reference, by: principal, claimed: request.amount, cause: .request(context.requestID))
                return .json(
                    try IntentResponse(
                        clientSecret: HiddenTextDTO(opened.clientSecret), paymentIntentID: opened.paymentIntentID,
                        amount: opened.amount.amountMinor, currency: opened.amount.currency.code,
                        publishableKey: publishableKey
                    ).jsonValue(), headers: ["Cache-Control": "no-store"])
            }
        ]
    }
}
