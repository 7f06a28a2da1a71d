internal import Database
internal import Jobs
internal import Kernel
internal import StripeClient

/// Giving up a page: Stripe closes it first, so that a canceled order cannot be paid (law 7).
extension Checkouts {
    /// Closes the page of an order, and the order with it, unless it was paid meanwhile.
    ///
    /// A buyer who has finished and pays later, as at a convenience store, is waited for, unless `withdrawing`: then the
    /// voucher is canceled, too. Returns what became of it; `open` when Stripe gave no certain answer and the sweep must
    /// go on.
    func close(_ id: OrderID, withdrawing: Bool = false, cause: Cause) async throws -> CheckoutVerdict {
        var (order, session) = try await find(id)
        do {
            if session.state == .submitted {
                try await create(session, of: order, cause: cause)
                (order, session) = try await find(id)
            }
            guard let stripeID = session.stripeID else { return try await verdict(of: id) }
            let read = try await closeAtStripe(
                StripeCheckoutSessionID(stripeID), of: id, finished: session.state == .processing)
            if withdrawing, let intent = read?.expandedPaymentIntent, intent.status == .requiresAction {
                try await withdraw(intent.id, of: id)
                return try await apply(try await reading(StripeCheckoutSessionID(stripeID)), to: order, cause: cause)
            }
            guard let read else { return try await abandon(id, cause: cause) }
            return try await apply(read, to: order, cause: cause)
        } catch PaymentError.pageNotOpened(_, let repeatable) {
            return repeatable ? .open : try await verdict(of: id)
        }
    }

    /// The page as it is at Stripe after it was asked to close it; nil when Stripe does not know it.
    private func closeAtStripe(
        _ stripeID: StripeCheckoutSessionID, of id: OrderID, finished: Bool
    ) async throws -> StripeCheckoutSession? {
        do throws(StripeError) {
            if finished { return try await stripe.retrieveCheckoutSession(stripeID) }
            // To close twice is to close once, so the key may change; one that changes by the hour outlives no fault
            // that Stripe keeps under it.
            let key = try StripeKeys.key("\(id.rawValue)-expire-\(clock.now().epochSeconds / 3600)")
            _ = try await stripe.expireCheckoutSession(stripeID, key: key)
        } catch {
            guard error.isSettledByReading || error.isInvalidRequest else {
                throw PaymentError.pageNotOpened(code: error.code, repeatable: true)
            }
        }
        // Closed, or refused because it was finished or closed before: reading tells which, and the intent with it. What
        // Stripe denies twice is not there.
        do throws(StripeError) {
            return try await stripe.retrieveCheckoutSession(stripeID)
        } catch {
            if error.isResourceMissing { return nil }
            throw PaymentError.pageNotOpened(code: error.code, repeatable: true)
        }
    }

    /// Cancels what the buyer would pay later with. Refused when it was paid meanwhile: reading tells.
    private func withdraw(_ intent: StripePaymentIntentID, of id: OrderID) async throws {
        do throws(StripeError) {
            let key = try StripeKeys.key("\(id.rawValue)-withdraw-\(clock.now().epochSeconds / 3600)")
            _ = try await stripe.cancelPaymentIntent(intent, key: key)
        } catch {
            guard error.isInvalidRequest || error.isSettledByReading else {
                throw PaymentError.pageNotOpened(code: error.code, repeatable: true)
            }
        }
    }

    /// A page that Stripe does not know cannot be paid: another account's, or deleted test data.
    private func abandon(_ id: OrderID, cause: Cause) async throws -> CheckoutVerdict {
        let now = clock.now()
        try await database.write { [history, fulfilments] tx in
            guard var order = try OrderRepository(tx: tx).lock(.id(id)), order.status == .pending else { return }
            try CheckoutRepository(tx: tx).moved(id, to: .expired, code: "page_missing_at_stripe", at: now)
            try CancellationService.close(
                &order, at: now, fulfilments: fulfilments, history: history, cause: cause, in: tx)
        }
        return try await verdict(of: id)
    }

    private func verdict(of id: OrderID) async throws -> CheckoutVerdict {
        let (order, session) = try await find(id)
        if order.status.isPaid { return .paid }
        switch order.status {
        case .canceled: return .closed
        case .needsReview: return .needsReview
        default: return session.state == .processing ? .processing : .open
        }
    }
}

/// Closes the page of an order that must not be paid on it any more: it waits for a person, or was paid otherwise. A
/// voucher that the buyer has and could still pay is withdrawn. Repeating is harmless; money that comes all the same is
/// flagged.
struct CloseCheckout: JobArguments {
    static let kind = "payments.close_checkout"
    let order: String

    static func enqueue(_ order: OrderID, on queue: JobQueue, in tx: Transaction) throws {
        try queue.enqueue(
            CloseCheckout(order: order.rawValue), dedupeKey: "payments.close_checkout:\(order)",
            subject: order.rawValue, in: tx)
    }

    static func definition(_ checkouts: Checkouts) -> JobDefinition {
        JobDefinition(CloseCheckout.self) { arguments, context in
            let verdict = try await checkouts.close(
                OrderID(arguments.order), withdrawing: true, cause: .job(context.jobID.rawValue))
            if verdict == .open { throw PageStillOpen() }
        }
    }
}

/// Stripe has not said yet that a page is closed; the job is tried again.
struct PageStillOpen: JobFailureExplaining {
    var jobFailure: String { "the page is not closed yet" }
}

/// Asks again about an order that is paid and could not be delivered, for about three days; then it is a dead letter
/// that an operator can replay. Repeating is harmless.
struct VerifyCheckout: JobArguments {
    static let kind = "payments.verify_checkout"
    let order: String

    static func enqueue(_ order: OrderID, on queue: JobQueue, in tx: Transaction) throws {
        try queue.enqueue(
            VerifyCheckout(order: order.rawValue), dedupeKey: "payments.verify_checkout:\(order)",
            subject: order.rawValue, in: tx)
    }

    static func definition(_ checkouts: Checkouts) -> JobDefinition {
        JobDefinition(VerifyCheckout.self, policy: JobPolicy(queue: "inbox", attemptsMax: 28)) { arguments, context in
            _ = try await checkouts.verify(OrderID(arguments.order), cause: .job(context.jobID.rawValue))
        }
    }
}
