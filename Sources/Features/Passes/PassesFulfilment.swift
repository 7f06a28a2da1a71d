public import Database
public import Jobs
public import Kernel
public import Payments

/// Delivers a paid purchase to its device: a licence for ever, or the day on which it is paid (law 4).
public struct PassesFulfilment: CheckoutSeller {
    static let seller = "passes"

    /// `passes`.
    public var seller: String { Self.seller }
    private let configuration: PassesConfiguration?
    private let queue: JobQueue
    private let clock: any WallClock

    /// Delivers by this configuration. Without one nothing is sold, and what was sold before is still delivered as long
    /// as it is a licence.
    public init(configuration: PassesConfiguration?, queue: JobQueue, clock: any WallClock) {
        self.configuration = configuration
        self.queue = queue
        self.clock = clock
    }

    /// Writes the licence, or counts the day pass, once: a purchase that has ended throws, and nothing is paid twice.
    public func fulfil(_ order: Order, in tx: Transaction) throws {
        let purchases = PurchaseRepository(tx: tx)
        guard var purchase = try purchases.find(order: order.id) else { throw PurchaseMissing(order: order.id) }
        let now = clock.now()
        var device = try DeviceRepository(tx: tx).lock(purchase.deviceID, at: now)
        purchase.state = .delivered
        purchase.deliveredAt = now
        switch purchase.product {
        case .license: device.licensePurchasedAt = now
        case .daypass:
            guard let configuration else { throw PassesError.notConfigured }
            // The day is that on which the buyer gets it: a payment that was long on its way buys no day that is over.
            let today = configuration.calendar.day(of: now)
            device.unlockCount += 1
            device.lastUnlockDate = max(today, device.lastUnlockDate ?? today)
            purchase.unlockCount = device.unlockCount
            purchase.unlockDate = device.lastUnlockDate
        }
        try DeviceRepository(tx: tx).update(device, at: now)
        guard try purchases.finish(purchase) else { throw PurchaseMissing(order: order.id) }
        // Whoever has the licence needs no day pass any more: the page of one must not take money.
        guard purchase.product == .license else { return }
        for other in try purchases.open(of: device.id) { try ClosePurchase.enqueue(other.orderID, on: queue, in: tx) }
    }

    /// Ends the purchase, so that the device can begin another one.
    public func release(_ order: Order, in tx: Transaction) throws {
        guard var purchase = try PurchaseRepository(tx: tx).find(order: order.id) else { return }
        purchase.state = .closed
        _ = try PurchaseRepository(tx: tx).finish(purchase)
    }

    /// The return address that the purchase was begun with, with the token or without.
    public func addresses(of order: Order, in tx: Transaction) throws -> CheckoutAddresses {
        guard let configuration else { throw PassesError.notConfigured }
        guard let purchase = try PurchaseRepository(tx: tx).find(order: order.id) else {
            throw PurchaseMissing(order: order.id)
        }
        let token = configuration.tokenKey.token(order: order.id, salt: purchase.tokenSalt)
        // Another key than the one that the purchase was begun with would make a page whose token nobody knows.
        guard PurchaseTokenKey.hash(of: token) == purchase.tokenHash else { throw CheckoutAddressesLost() }
        return CheckoutAddresses(
            success: Secret(
                "\(purchase.returnURL)?result=success&product_type=\(purchase.product.rawValue)"
                    + "&purchase_token=\(token.reveal())&session_id={CHECKOUT_SESSION_ID}"),
            cancel: "\(purchase.returnURL)?result=cancel&product_type=\(purchase.product.rawValue)")
    }
}

/// Stripe has not said yet that the page of a purchase is closed; the job is tried again.
struct PurchaseStillOpen: JobFailureExplaining {
    var jobFailure: String { "the purchase is not closed yet" }
}

/// An order of passes has no open purchase.
struct PurchaseMissing: Error {
    let order: OrderID
}

/// Closes the page of a purchase that its device does not need any more. Repeating is harmless; one that was paid
/// meanwhile stays paid.
struct ClosePurchase: JobArguments {
    static let kind = "passes.close_purchase"
    let order: String

    static func enqueue(_ order: OrderID, on queue: JobQueue, in tx: Transaction) throws {
        try queue.enqueue(
            ClosePurchase(order: order.rawValue), dedupeKey: "passes.close_purchase:\(order)",
            subject: order.rawValue, in: tx)
    }

    static func definition(_ cancellations: CancellationService) -> JobDefinition {
        JobDefinition(ClosePurchase.self) { arguments, context in
            do {
                // A voucher for it is taken back, too: nobody is to pay for what is of no use any more.
                let order = try await cancellations.cancel(
                    OrderID(arguments.order), withdrawing: true, cause: .job(context.jobID.rawValue))
                if order.status == .pending { throw PurchaseStillOpen() }
            } catch PaymentError.orderNotCancelable, PaymentError.paymentInProgress {
                return
            }
        }
    }
}
