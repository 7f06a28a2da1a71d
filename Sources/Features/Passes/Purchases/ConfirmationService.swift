internal import Brakes
internal import Database
internal import Kernel
internal import Payments

/// Confirms purchases: the app came back from the page with its token, and hears whether the device has what was paid
/// for. It never delivers by itself; asking Stripe may settle the order, and that delivers (law 4).
struct ConfirmationService: Sendable {
    let database: any Database
    let orders: OrderPlacement
    let checkouts: Checkouts
    let brake: FailureBrake
    let clock: any WallClock

    /// What the app hears.
    enum Outcome: Sendable {
        /// Paid and delivered. A repeat hears the same.
        case confirmed(Purchase, Order)
        /// Not paid yet.
        case pending(Order, ProductType, CheckoutVerdict)
    }

    /// Confirms the purchase of a token (S4-CONF-01, S4-TOK-03). The device and the product must be the token's own.
    /// Throws `PassesError`, `PaymentError.pageNotOpened` and `PaymentError.deliveryPending`; nothing is lost by any.
    func confirm(token: Secret, device: String, product: ProductType, cause: Cause) async throws -> Outcome {
        guard Device.isID(device) else { throw PassesError.deviceIDMalformed }
        let hash = PurchaseTokenKey.hash(of: token)
        let (known, failures) = try await database.read { [brake] tx in
            (try PurchaseRepository(tx: tx).find(tokenHash: hash), try brake.failures(of: Secret(device), in: tx))
        }
        guard let known, known.deviceID == device else {
            // The device's own token passes, so that a stranger who knows the device's name cannot keep its owner out.
            if let seconds = failures.retryAfterSeconds {
                throw PassesError.tooManyAttempts(retryAfterSeconds: seconds)
            }
            try await brake.count(Secret(device))
            throw known == nil ? PassesError.tokenUnknown : PassesError.tokenOfAnotherDevice
        }
        guard known.product == product else { throw PassesError.tokenOfAnotherProduct(known.product) }
        guard clock.now() < known.tokenExpiresAt else { throw PassesError.tokenExpired }
        let verdict: CheckoutVerdict =
            known.state == .delivered ? .paid : try await checkouts.verify(known.orderID, cause: cause)
        let (purchase, order) = try await database.read { [orders] tx in
            (try PurchaseRepository(tx: tx).find(order: known.orderID), try orders.order(known.orderID, in: tx))
        }
        switch verdict {
        case .paid:
            guard let purchase, purchase.state == .delivered else { throw PurchaseMissing(order: known.orderID) }
            return .confirmed(purchase, order)
        case .open, .processing: return .pending(order, product, verdict)
        case .closed: throw PassesError.purchaseClosed
        case .needsReview: throw PassesError.purchaseNeedsReview(reference: order.number)
        }
    }
}
