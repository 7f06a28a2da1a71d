internal import Crypto
internal import Database
internal import Kernel
internal import KessaiAPI
internal import Payments

/// Begins purchases for devices: names the price, places the order, and opens its page.
struct PurchaseService: Sendable {
    let database: any Database
    let orders: OrderPlacement
    let checkouts: Checkouts
    let cancellations: CancellationService
    let configuration: PassesConfiguration?
    let clock: any WallClock
    let random: any RandomSource
    let log: Log

    /// The least that must be left of an open page for it to be given out again.
    static let reuseMargin = Duration.seconds(300)

    /// A page, and what it costs.
    struct Begun: Sendable {
        let page: Checkouts.Page
        let order: Order
    }

    /// Begins a purchase, or finds the one that the device has begun: two taps are one purchase.
    ///
    /// Throws `PassesError` and `PaymentError.pageNotOpened`; a repeat goes on where the first one stopped.
    func begin(_ request: CheckoutSessionRequest, requestKey: String?, cause: Cause) async throws -> Begun {
        guard let configuration else { throw PassesError.notConfigured }
        guard Device.isID(request.deviceID) else { throw PassesError.deviceIDMalformed }
        let returnURL = try request.returnURL.map { wanted in
            guard configuration.returnURLs.contains(wanted) else { throw PassesError.returnURLNotAllowed }
            return wanted
        }
        guard let product = ProductType(rawValue: request.productType),
            let returnURL = returnURL ?? configuration.returnURLs.first
        else { throw PassesError.notConfigured }
        let wish = Wish(
            device: request.deviceID, product: product, returnURL: returnURL, claimed: request.unlockCount,
            requestKey: requestKey)
        try await hearOfLicense(wish, cause: cause)
        // A purchase that stands in the way is over after one round, unless it is paid at that very moment.
        for _ in 0..<3 {
            let found = try await place(wish, configuration, cause: cause)
            if found.standing == .fresh { return try await open(found.order, cause: cause) }
            if let begun = try await resume(found, wish, configuration, cause: cause) { return begun }
        }
        throw PaymentError.pageNotOpened(code: "purchase_changing", repeatable: true)
    }

    /// Whoever has paid for the licence needs no day pass, also when nobody has told us of the payment yet.
    private func hearOfLicense(_ wish: Wish, cause: Cause) async throws {
        guard wish.product == .daypass else { return }
        let open = try await database.read { tx in try PurchaseRepository(tx: tx).open(of: wish.device) }
        guard let license = open.first(where: { $0.product == .license }) else { return }
        if try await checkouts.verify(license.orderID, cause: cause) == .paid { throw PassesError.licenseOwned }
    }

    private func open(_ order: Order, cause: Cause) async throws -> Begun {
        Begun(page: try await checkouts.page(of: order.id, cause: cause), order: order)
    }

    /// What a device wants.
    private struct Wish: Sendable {
        let device: String
        let product: ProductType
        let returnURL: String
        let claimed: Int64?
        let requestKey: String?
    }

    /// The order of a wish.
    private struct Found: Sendable {
        let order: Order
        let purchase: Purchase
        let standing: Standing

        enum Standing: Sendable {
            /// Placed just now.
            case fresh
            /// What this very request placed before; its repeat gets the same page.
            case repeated
            /// What another request began.
            case begun
        }
    }

    /// The transaction before any call: the device's open purchase, or a new order at the price of the table.
    private func place(_ wish: Wish, _ configuration: PassesConfiguration, cause: Cause) async throws -> Found {
        let now = clock.now()
        let salt = Hex.encode(random.bytes(16))
        return try await database.write(loggingTo: log) { [orders, checkouts] tx, notes in
            let device = try DeviceRepository(tx: tx).lock(wish.device, at: now)
            let price = configuration.price(of: wish.product, unlockCount: device.unlockCount)
            if let claimed = wish.claimed, claimed != device.unlockCount {
                notes.warning(
                    "swap_attempt",
                    [
                        "request_id": .string(cause.id), "device_id": .string(device.id), "claimed": .int(claimed),
                        "unlock_count": .int(device.unlockCount), "amount": .int(price.amountMinor),
                    ])
            }
            let purchases = PurchaseRepository(tx: tx)
            if let placed = try orders.placed(requestKey: wish.requestKey, in: tx),
                let purchase = try purchases.find(order: placed.id)
            {
                return Found(order: placed, purchase: purchase, standing: .repeated)
            }
            if device.isLicensed { throw PassesError.licenseOwned }
            if wish.product == .daypass, device.isUnlocked(at: now, by: configuration.calendar) {
                throw PassesError.alreadyUnlocked
            }
            if let open = try purchases.open(of: device.id).first(where: { $0.product == wish.product }) {
                return Found(
                    order: try orders.order(open.orderID, in: tx), purchase: open, standing: .begun)
            }
            let order = try orders.place(
                seller: PassesFulfilment.seller, flow: .checkout, userID: nil, requestKey: wish.requestKey,
                lines: [
                    try OrderLine(
                        productID: wish.product.rawValue, description: configuration.name(of: wish.product),
                        quantity: 1, unitAmount: price)
                ],
                lifetime: configuration.page.lifetime + .seconds(600), cause: cause, in: tx)
            let token = configuration.tokenKey.token(order: order.id, salt: salt)
            let purchase = Purchase(
                orderID: order.id, deviceID: device.id, product: wish.product, tokenSalt: salt,
                tokenHash: PurchaseTokenKey.hash(of: token), tokenExpiresAt: now.adding(Purchase.tokenLifetime),
                returnURL: wish.returnURL, state: .open)
            try purchases.insert(purchase, at: now)
            try checkouts.begin(order, configuration.page, cause: cause, in: tx)
            return Found(order: order, purchase: purchase, standing: .fresh)
        }
    }

    /// Goes on with a purchase that was begun before. Its page is given out again when it still fits the wish, after
    /// Stripe was asked whether it is paid: who has paid must not be sent to pay again. Returns nil when the purchase
    /// is over and a new one may be begun.
    private func resume(
        _ found: Found, _ wish: Wish, _ configuration: PassesConfiguration, cause: Cause
    ) async throws -> Begun? {
        switch try await checkouts.verify(found.order.id, cause: cause) {
        case .paid: throw wish.product == .license ? PassesError.licenseOwned : PassesError.alreadyUnlocked
        case .processing: throw PassesError.purchaseInProgress(reference: found.order.number)
        case .needsReview: throw PassesError.purchaseNeedsReview(reference: found.order.number)
        case .closed where found.standing == .repeated: throw PassesError.purchaseClosed
        case .closed: return nil
        case .open: break
        }
        let (device, order) = try await database.read { [orders] tx in
            (try DeviceRepository(tx: tx).find(wish.device), try orders.order(found.order.id, in: tx))
        }
        if found.standing == .repeated, order.isPayable { return try await open(order, cause: cause) }
        let price = configuration.price(of: wish.product, unlockCount: device.unlockCount)
        if order.isPayable, found.purchase.returnURL == wish.returnURL, order.total == price {
            do {
                let begun = try await open(order, cause: cause)
                if begun.page.expiresAt.since(clock.now()) > Self.reuseMargin { return begun }
            } catch PaymentError.orderNotPending {
                // The page ended at this very moment: the next round sees how.
                return nil
            }
        }
        // The old page is closed at Stripe before there is a new one, so that never two take money.
        do {
            let order = try await cancellations.cancel(found.order.id, cause: cause)
            guard order.status == .canceled else {
                throw PaymentError.pageNotOpened(code: "page_still_open", repeatable: true)
            }
            return nil
        } catch PaymentError.orderNotCancelable {
            return nil
        } catch PaymentError.paymentInProgress {
            throw PassesError.purchaseInProgress(reference: found.order.number)
        }
    }
}
