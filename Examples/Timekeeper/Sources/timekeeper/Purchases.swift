import Kernel
import KessaiAPI
import KessaiClient

/// How this app buys. It may die after any line: what it must know again is in the notes before the next call.
struct Purchases {
    let client: KessaiClient
    let clock: any WallClock
    var notes: Notes

    /// Begins to buy, or finds what was begun before the app died. Returns the page to open in the browser, nil when
    /// there is nothing to pay.
    mutating func begin(_ product: PassProduct) async throws -> CheckoutSessionResponse? {
        for _ in 0..<2 {
            let key = try notes.key(of: product, or: client.makeRequestKey)
            switch try await client.beginCheckout(product, device: notes.deviceID, key: key) {
            case .page(let page) where page.expiresAt.timestamp > clock.now(): return page
            case .page, .over: try notes.forget(product)  // Nothing was charged; a new key opens a new page.
            case .nothingToBuy:
                try notes.forget(product)
                return nil
            case .paymentUnderWay: return nil
            }
        }
        return nil
    }

    /// The link that opened the app again after the page. Returns nil when it is no finished purchase.
    mutating func opened(by link: String) async throws -> Confirmation? {
        guard case .paid(let paid) = PurchaseReturn(link, returnURLs: ["timekeeper://purchase"]) else { return nil }
        try notes.keep(paid)
        return try await confirm(paid)
    }

    /// At every start: confirms what was paid before the app died, and tells what the device has. Where it is locked and
    /// a purchase is under way, it is read so many times, with pauses.
    mutating func resume(waitsMax: Int = 1) async throws -> DeviceResponse {
        for paid in notes.unconfirmed { _ = try await confirm(paid) }
        // When the way back was lost, the server hears of the payment all the same, from Stripe.
        let device = try await client.waitForUnlock(device: notes.deviceID, patience: Patience(triesMax: waitsMax))
        try notes.forget(allBut: device.pendingPurchases.map(\.productType))
        return device
    }

    private mutating func confirm(_ paid: PurchaseReturn.Paid) async throws -> Confirmation {
        do {
            let confirmation = try await client.waitForUnlock(paid, device: notes.deviceID)
            if case .confirmed = confirmation { try notes.forget(paid.product) }
            return confirmation
        } catch let error as KessaiError where error.endsPurchase {
            try notes.forget(paid.product)
            throw error
        }
    }
}
