internal import HTTP
internal import HTTPModels
internal import Kernel
internal import KessaiAPI
internal import Payments

/// Starting and confirming purchases. Nobody is logged in: a device is a name, and a purchase is proved by its token.
struct PurchaseRoutes: Sendable {
    let purchases: PurchaseService
    let confirmations: ConfirmationService
    let configuration: PassesConfiguration?

    var routes: [Route] {
        [begin]
            + ["/license/confirm", "/api/license/confirm"].map { confirm($0, .license, "Confirm a licence") }
            + ["/unlock/daypass", "/api/unlock/daypass"].map { confirm($0, .daypass, "Confirm a day pass") }
    }

    private var begin: Route {
        Route(
            "POST", "/api/checkout/sessions", "Begin to buy a licence or a day pass", tag: "Passes",
            access: .everyone, body: CheckoutSessionRequest.schema,
            answers: [.init(201, "The page to open.", CheckoutSessionResponse.schema)], rateClass: .checkout
        ) { context in
            let begun = try await purchases.begin(
                try CheckoutSessionRequest(validated: context.json), requestKey: context.requestKey,
                cause: .request(context.requestID))
            let answer = CheckoutSessionResponse(
                sessionID: begun.page.sessionID, checkoutURL: begun.page.url.reveal(),
                expiresAt: TimeDTO(begun.page.expiresAt), reference: begun.order.number,
                price: MoneyDTO(begun.order.total))
            return .json(try answer.jsonValue(), status: 201)
        }
    }

    /// A repeat is answered by what is so then: first pending, later confirmed.
    private func confirm(_ path: String, _ product: ProductType, _ summary: String) -> Route {
        Route(
            "POST", path, summary, tag: "Passes", access: .everyone, body: ConfirmPurchaseRequest.schema,
            repeats: .harmless,
            answers: [
                .init(200, "It is paid and delivered.", PurchaseResponse.schema),
                .init(202, "It is not paid yet; ask again after `Retry-After`.", PendingPurchaseResponse.schema),
                .init(
                    429, "too_many_attempts: 10 tokens were refused for the device; see Retry-After.", Problem.schema,
                    mediaType: "application/problem+json"),
            ], rateClass: .payment
        ) { context in
            guard let configuration else { throw PassesError.notConfigured }
            let request = try ConfirmPurchaseRequest(validated: context.json)
            let outcome = try await confirmations.confirm(
                token: request.purchaseToken.secret, device: request.deviceID, product: product,
                cause: .request(context.requestID))
            switch outcome {
            case .confirmed(let purchase, let order):
                return .json(try PurchaseResponse(purchase, order, configuration).jsonValue())
            case .pending(let order, let product, let verdict):
                let state: PendingState = verdict == .processing ? .processing : .open
                let answer = PendingPurchaseResponse(PendingPurchaseDTO(order, product, state))
                return .json(
                    try answer.jsonValue(), status: 202,
                    headers: ["Retry-After": state == .processing ? "60" : "3"])
            }
        }
    }
}

extension PurchaseResponse {
    /// What a delivery gave; made of what was stored with it, so that it is the same every time.
    init(_ purchase: Purchase, _ order: Order, _ configuration: PassesConfiguration) {
        self.init(
            reference: order.number, productType: purchase.product.rawValue, price: MoneyDTO(order.total),
            paidAt: TimeDTO(purchase.deliveredAt ?? order.createdAt), licensePurchased: purchase.product == .license,
            unlockCount: purchase.unlockCount, lastUnlockDate: purchase.unlockDate?.description,
            unlockedUntil: purchase.unlockDate.map { TimeDTO(configuration.calendar.end(of: $0)) })
    }
}

/// Where a purchase under way stands, as devices are told.
enum PendingState: String, Sendable {
    case open
    case processing
    case deliveryPending = "delivery_pending"
    case needsReview = "needs_review"

    /// What to do (the guidance of P06), with the number to ask about.
    func guidance(reference: Int64) -> String {
        switch self {
        case .open:
            "お支払いがまだ完了していません。決済ページでお支払いください (受付番号 \(reference))。 "
                + "Not paid yet: finish on the payment page (reference \(reference))."
        case .processing:
            "お支払いの確認待ちです。確認でき次第、自動的に反映されます (受付番号 \(reference))。 "
                + "Waiting for the payment; it is delivered by itself once it is there (reference \(reference))."
        case .deliveryPending:
            "お支払いは確認できました。反映を自動的に再試行しています。お問い合わせの際は受付番号 \(reference) をお伝えください。 "
                + "Paid; the delivery is tried again by itself. Your reference is \(reference)."
        case .needsReview:
            "お支払いを確認しています。もう一度支払う必要はありません。受付番号 \(reference) をお伝えください。 "
                + "A person looks at this payment; do not pay again. Your reference is \(reference)."
        }
    }
}

extension PendingPurchaseDTO {
    /// A purchase under way.
    init(_ order: Order, _ product: ProductType, _ state: PendingState) {
        self.init(
            reference: order.number, productType: product.rawValue, state: state.rawValue,
            price: MoneyDTO(order.total), guidance: state.guidance(reference: order.number))
    }
}
