public import KessaiAPI

/// How the beginning of a purchase ended.
public enum CheckoutBeginning: Sendable, Equatable {
    /// Open `checkoutURL` in the browser.
    case page(CheckoutSessionResponse)
    /// There is nothing to buy: the device has its licence, or its day pass for today; it may be that the last
    /// purchase was paid just now. Read the device.
    case nothingToBuy
    /// The last purchase of this product waits for its money, as when it is to be paid at a store. Wait, and read the
    /// device.
    case paymentUnderWay(retryAfter: Duration)
    /// The purchase of this key was not paid, and its page is closed; nothing was charged. Begin again with a new key.
    case over
}

/// How a confirmation ended.
public enum Confirmation: Sendable, Equatable {
    /// It is paid and delivered. A repeat gives the same.
    case confirmed(PurchaseResponse)
    /// It is not paid yet, which is no failure: ask again after the pause.
    case pending(PendingPurchaseDTO, retryAfter: Duration)
    /// It is paid, and its delivery is tried again by itself: ask again after the pause. The text is for the buyer, and
    /// tells the number to ask about.
    case deliveryPending(guidance: String, retryAfter: Duration)

    /// How long to wait before asking again; nil when it is confirmed.
    public var retryAfter: Duration? {
        switch self {
        case .confirmed: nil
        case .pending(_, let pause), .deliveryPending(_, let pause): pause
        }
    }
}
