internal import Database
internal import JSON
internal import Jobs
internal import Kernel
internal import StripeClient

/// The call that makes a page, by the order's own key, and its outcome (laws 2 and 3).
extension Checkouts {
    /// Makes the submitted page of an order, or finds it made. Throws `PaymentError.pageNotOpened`.
    func create(_ session: CheckoutSession, of order: Order, cause: Cause) async throws {
        let request = try await request(session, of: order)
        let answer: (session: StripeCheckoutSession, requestID: String?)
        do throws(StripeError) {
            answer = try await createOrFind(request, session)
        } catch {
            try await refuse(error, order: order.id, cause: cause)
            throw PaymentError.pageNotOpened(code: error.code, repeatable: !error.isFinalRefusal)
        }
        try await attach(answer.session, requestID: answer.requestID, to: order.id, cause: cause)
    }

    /// What the page is made of; nil when it cannot be made again.
    private func request(_ session: CheckoutSession, of order: Order) async throws -> CreateCheckoutSession? {
        try await database.read { [fulfilments, installation] tx in
            guard let seller = try fulfilments.of(order) as? any CheckoutSeller else {
                throw MissingFulfilment(seller: order.seller)
            }
            let addresses: CheckoutAddresses
            do {
                addresses = try seller.addresses(of: order, in: tx)
            } catch is CheckoutAddressesLost {
                return nil
            }
            return CreateCheckoutSession(
                items: try OrderLines.of(order, in: tx).map {
                    .init(name: $0.description, unitAmount: $0.unitAmount, quantity: $0.quantity)
                },
                successURL: addresses.success, cancelURL: addresses.cancel, clientReferenceID: order.id.rawValue,
                metadata: [
                    "order_id": order.id.rawValue, "order_number": String(order.number),
                    Installation.mark: installation.id,
                ],
                expiresAt: session.pageExpiresAt, locale: session.terms.locale,
                allowedPaymentMethodTypes: session.terms.paymentMethodTypes)
        }
    }

    private func createOrFind(
        _ request: CreateCheckoutSession?, _ session: CheckoutSession
    ) async throws(StripeError) -> (session: StripeCheckoutSession, requestID: String?) {
        // Once the key may be forgotten, making the page anew would be of no use to anybody: its time is over.
        if clock.now().since(session.submittedAt) > StripeKeys.lifetime {
            return (try await findOrRefuse(session, code: "page_outdated"), nil)
        }
        guard let request else { return (try await findOrRefuse(session, code: "addresses_lost"), nil) }
        do throws(StripeError) {
            let made = try await stripe.createCheckoutSession(
                request, key: try StripeKeys.key(session.idempotencyKey))
            return (made.value, made.requestID)
        } catch  where error.isSettledByReading {
            return (try await findOrRefuse(session, code: "replayed_server_error"), nil)
        }
    }

    /// The page at Stripe by reading; when there is none the attempt is over, as nobody can ever pay on it.
    private func findOrRefuse(
        _ session: CheckoutSession, code: String
    ) async throws(StripeError) -> StripeCheckoutSession {
        let found: StripeCheckoutSession?
        do throws(StripeError) {
            found = try await stripe.checkoutSession(ofOrder: session.orderID.rawValue, since: session.submittedAt)
        } catch {
            throw error.asReading
        }
        if let found { return found }
        throw .invalidRequest(StripeInvalidRequest(status: nil, code: code))
    }

    /// The transaction after the call. The order may have been paid or canceled meanwhile: then the page is closed.
    private func attach(
        _ made: StripeCheckoutSession, requestID: String?, to id: OrderID, cause: Cause
    ) async throws {
        let now = clock.now()
        try await database.write(loggingTo: log) { [history, settlement] tx, notes in
            let pages = CheckoutRepository(tx: tx)
            guard var order = try OrderRepository(tx: tx).lock(.id(id)),
                try pages.find(order: id)?.state == .submitted
            else { return }
            try pages.opened(
                order: id, session: made.id.rawValue, url: made.url, expiresAt: made.expiresAt, requestID: requestID,
                at: now)
            try history.append(
                "checkout_opened", of: id, cause: cause,
                ["checkout_session": .string(made.id.rawValue), "stripe_request": JSONValue(requestID)], in: tx)
            if made.status != .open {
                _ = try settlement.apply(
                    made, failed: made.hasFailed, to: order, cause: cause, in: tx, notes: notes)
            } else if order.status != .pending {
                try CloseCheckout.enqueue(id, on: settlement.queue, in: tx)
            } else if let facts = made.claimedFacts, let kind = OrderLifecycle.mismatch(facts, with: order) {
                try settlement.settlement.flag(kind, facts, of: order, cause: cause, in: tx, notes: notes)
                try settlement.settlement.quarantine(&order, in: tx)
            }
        }
    }

    /// A definite refusal ends the attempt, and with it the order, which has no other; doubt ends nothing.
    private func refuse(_ error: StripeError, order id: OrderID, cause: Cause) async throws {
        let now = clock.now()
        try await database.write { [history, fulfilments] tx in
            guard var order = try OrderRepository(tx: tx).lock(.id(id)) else { return }
            // The sweep asks every minute; only what it changes belongs into the story.
            guard error.isFinalRefusal || cause.kind != .job else { return }
            try history.append(
                error.isFinalRefusal ? "checkout_refused" : "checkout_outcome_unknown", of: id, cause: cause,
                ["code": .string(error.code), "stripe_request": JSONValue(error.requestID)], in: tx)
            let pages = CheckoutRepository(tx: tx)
            guard error.isFinalRefusal, try pages.find(order: id)?.state == .submitted else { return }
            try pages.moved(id, to: .refused, code: error.code, at: now)
            // One that was paid otherwise meanwhile stays paid.
            guard order.status == .pending else { return }
            try CancellationService.close(
                &order, at: now, fulfilments: fulfilments, history: history, cause: cause, in: tx)
        }
    }
}
