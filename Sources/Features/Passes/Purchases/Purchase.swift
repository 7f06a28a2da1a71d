internal import Kernel
internal import Payments

/// What a device buys with one order: `open` until it is `delivered`, in the transaction that pays (law 4), or `closed`
/// unpaid. A device has at most one open purchase of a product.
struct Purchase: Sendable, Equatable {
    enum State: String, Sendable {
        case open, delivered, closed
    }

    let orderID: OrderID
    let deviceID: String
    let product: ProductType
    let tokenSalt: String
    let tokenHash: String
    let tokenExpiresAt: Timestamp
    let returnURL: String
    var state: State
    /// When it was delivered.
    var deliveredAt: Timestamp?
    /// The device's count after it, for a day pass.
    var unlockCount: Int64?
    /// The day that it unlocks, for a day pass.
    var unlockDate: CalendarDay?

    /// How long a token is good: longer than the slowest means of payment takes.
    static let tokenLifetime = Duration.seconds(14 * 24 * 3600)
}
