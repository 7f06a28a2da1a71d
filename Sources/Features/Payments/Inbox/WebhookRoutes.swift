internal import Database
internal import HTTP
internal import JSON
internal import Kernel
internal import KessaiAPI
internal import StripeClient

/// The three paths of Stripe's webhooks, into one inbox (GEN-03).
struct WebhookRoutes: Sendable {
    let stripe: any StripeService
    let inbox: Inbox

    /// The most that an event may have, in bytes; Stripe's are some kilobytes.
    static let bodyBytesMax = 1 << 20

    var routes: [Route] {
        ["/api/webhook/stripe", "/webhooks/stripe", "/api/payments/webhook"].map(receiver) + [health]
    }

    private func receiver(_ path: String) -> Route {
        Route(
            "POST", path, "Receives Stripe's events", tag: "Webhooks", access: .signature,
            bodyBytesMax: Self.bodyBytesMax, repeats: .harmless,
            answers: [.init(200, "The event is stored.", WebhookResponse.schema)]
        ) { context in
            let event = try stripe.constructWebhookEvent(
                rawBody: context.request.body, signature: context.request.head.headers["Stripe-Signature"])
            let receipt: Inbox.Receipt
            do {
                receipt = try await inbox.take(event, rawBody: context.request.body, path: path)
            } catch let error as DatabaseError {
                // Not stored is not acknowledged: Stripe sends it again (law 5).
                context.log.error(
                    "event_not_stored", ["event_id": .string(event.id.rawValue), "error": .string("\(error)")])
                throw Problem.unavailable("The event could not be stored; send it again.")
            }
            return .json(try WebhookResponse(receipt).jsonValue())
        }
    }

    private var health: Route {
        Route(
            "GET", "/api/webhook/health", "Whether webhooks are received", tag: "Webhooks", access: .everyone,
            answers: [.init(200, "They are.", .object([.required("status", .oneOf(["ok"]))]))], rateClass: .free
        ) { _ in .json(["status": "ok"]) }
    }
}

extension WebhookResponse {
    /// The acknowledgement of a receipt.
    init(_ receipt: Inbox.Receipt) {
        switch receipt {
        case .repeated: self.init(status: "success", actions: [.init(action: "none", result: "repeated")])
        case .taken(.applied(let word)):
            self.init(status: "success", actions: [.init(action: word, result: "applied")])
        case .taken(.ignored(let word)):
            self.init(status: "success", actions: [.init(action: word, result: "ignored")])
        case .taken(.waiting(let word)):
            self.init(status: "waiting", actions: [.init(action: word, result: "waiting")])
        case .taken(.unreadable):
            self.init(status: "dead", actions: [.init(action: "unreadable", result: "dead")])
        }
    }
}
