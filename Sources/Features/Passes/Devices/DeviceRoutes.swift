internal import Database
internal import HTTP
internal import HTTPModels
internal import Kernel
internal import KessaiAPI
internal import Payments

/// `GET /api/devices/{device_id}`: what a device has, for whoever knows its name (S4-UI-02).
struct DeviceRoutes: Sendable {
    let database: any Database
    let orders: OrderPlacement
    let checkouts: Checkouts
    let configuration: PassesConfiguration?
    let clock: any WallClock

    var routes: [Route] {
        [
            Route(
                "GET", "/api/devices/{device_id}", "What a device has, and what it can buy", tag: "Passes",
                access: .everyone, names: ["device_id": DeviceResponse.idSchema],
                answers: [.init(200, "The device.", DeviceResponse.schema)]
            ) { context in
                guard let configuration else { throw PassesError.notConfigured }
                let id = context.parameter("device_id")
                guard Device.isID(id) else { throw PassesError.deviceIDMalformed }
                return .json(try await read(id, configuration).jsonValue())
            }
        ]
    }

    /// A device that nobody has heard of is one that has nothing yet.
    private func read(_ id: String, _ configuration: PassesConfiguration) async throws -> DeviceResponse {
        let (device, pending) = try await database.read { [orders, checkouts] tx in
            let pending = try PurchaseRepository(tx: tx).open(of: id).map { purchase in
                let order = try orders.order(purchase.orderID, in: tx)
                let page = try checkouts.session(of: purchase.orderID, in: tx)
                return PendingPurchaseDTO(order, purchase.product, PendingState(page, of: order))
            }
            return (try DeviceRepository(tx: tx).find(id), pending)
        }
        let now = clock.now()
        let until = device.unlockedUntil(at: now, by: configuration.calendar)
        return DeviceResponse(
            deviceID: device.id, licensePurchased: device.isLicensed,
            licensePurchasedAt: device.licensePurchasedAt.map { TimeDTO($0) },
            unlocked: device.isUnlocked(at: now, by: configuration.calendar), unlockedUntil: until.map { TimeDTO($0) },
            unlockCount: device.unlockCount, lastUnlockDate: device.lastUnlockDate?.description,
            timeZone: configuration.calendar.zoneName,
            nextPrice: device.isLicensed
                ? nil : MoneyDTO(configuration.prices.daypass(afterUnlocks: device.unlockCount)),
            licensePrice: device.isLicensed ? nil : MoneyDTO(configuration.prices.license), pendingPurchases: pending)
    }
}

extension PendingState {
    /// Where the page of a purchase and its order stand.
    init(_ page: CheckoutSession?, of order: Order) {
        if order.status == .needsReview {
            self = .needsReview
        } else if page?.undeliveredAt != nil {
            self = .deliveryPending
        } else {
            self = page?.state == .processing ? .processing : .open
        }
    }
}
