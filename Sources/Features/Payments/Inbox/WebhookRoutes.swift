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
            let event = try verified(context, at: path)
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

    /// The event of a request whose signature is right. What Stripe signed and we cannot read is told to the operators: nothing
    /// of it is stored, and Stripe will send it again in vain. Throws `PaymentError`.
    private func verified(_ context: RequestContext, at path: String) throws -> SignedEvent {
        let body = context.request.body
        do {
            return try stripe.constructWebhookEvent(
                rawBody: body, signature: context.request.head.headers["Stripe-Signature"])
        } catch PaymentError.webhookMalformed {
            context.log.warning(
                "webhook_unreadable",
                [
                    "path": .string(path), "body_bytes": .int(Int64(body.count)),
                    "reason": .string(SignedEvent.fault(of: body)),
                ])
            throw PaymentError.webhookMalformed
        }
    }

    private var health: Route {
        Route(
            "GET", "/api/webhook/health", "Whether webhooks are received", tag: "Webhooks", access: .everyone,
            answers: [.init(200, "They are.", .object([.required("status", .oneOf(["ok"]))]))], rateClass: .free
        ) { _ in .json(["status": "ok"]) }
    }
}

extension SignedEvent {
    /// Why a signed body is `PaymentError.webhookMalformed`, in words that quote nothing of it.
    static func fault(of rawBody: [UInt8]) -> String {
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue(parsing: rawBody) } catch { return "\(error)" }
        guard json.object != nil else { return "is no object" }
        guard let id = json["id"]?.string, !id.isEmpty else { return "has no id" }
        return "has an id, type or api_version of more than \(nameBytesMax) bytes or with control characters"
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
