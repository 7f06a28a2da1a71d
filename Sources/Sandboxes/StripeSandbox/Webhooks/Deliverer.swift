import HTTP
import JSON
import Kernel

/// A delivery that is about to be sent, with everything it needs.
struct Dispatch: Sendable {
    let delivery: Delivery
    let request: HTTPClientRequest
}

extension SandboxState {
    /// The next delivery that is due, ready to be sent.
    mutating func nextDispatch(at now: Timestamp) -> Dispatch? {
        while var delivery = deliveries.take(at: now) {
            guard let event = events[delivery.eventID], let endpoint = webhookEndpoints[delivery.endpointID] else {
                delivery.status = .failed
                deliveries.put(delivery)
                continue
            }
            let body = JSONValue.object(event.json(in: endpoint.apiVersion ?? accountVersion))
                .bytes(pretty: options.isPretty)
            let signature = WebhookSignature.header(body, secrets: endpoint.activeSecrets(at: now), at: now)
            let headers: HTTPHeaders = [
                "Content-Type": "application/json; charset=utf-8", "Accept": "*/*; q=0.5, application/xml",
                "Cache-Control": "no-cache", "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
                "Stripe-Signature": signature,
            ]
            return Dispatch(
                delivery: delivery,
                request: HTTPClientRequest(
                    method: "POST", url: endpoint.url, headers: headers, body: body, timeout: options.deliveryTimeout,
                    responseBytesMax: 1 << 20))
        }
        return nil
    }

    /// Takes note of how a delivery went: any 2xx ends it, everything else is tried again later.
    mutating func finish(_ sent: Delivery, _ result: Result<HTTPResponse, HTTPTransportError>, at now: Timestamp) {
        guard deliveries.isOpen(sent.id) else { return }
        var delivery = sent
        switch result {
        case .failure(.cancelled):
            // We stopped, not the receiver: the same try is still due.
            delivery.status = .pending
            deliveries.put(delivery)
            return
        case .failure(let error):
            delivery.attempts.append(
                Delivery.Attempt(at: now, status: nil, failure: String(describing: error), answer: ""))
        case .success(let response):
            let answer = String(decoding: response.body.prefix(500), as: UTF8.self)
            delivery.attempts.append(
                Delivery.Attempt(at: now, status: response.status, failure: nil, answer: answer))
            if (200...299).contains(response.status) {
                delivery.status = .delivered
                acknowledge(delivery)
                deliveries.put(delivery)
                return
            }
        }
        let schedule = RetrySchedule(speed: options.retrySpeed)
        if let next = schedule.next(after: delivery.attempts.count, firstDue: delivery.firstDue, now: now) {
            delivery.due = next
            delivery.status = .pending
        } else {
            delivery.status = .failed
        }
        deliveries.put(delivery)
    }

    private mutating func acknowledge(_ delivery: Delivery) {
        guard var event = events[delivery.eventID] else { return }
        event.waiting.remove(delivery.endpointID)
        events[event.id] = event
    }
}
