internal import Brakes
public import Database
public import HTTP
public import Jobs
public import Kernel
public import Payments

/// The front door of Passes: licences and day passes for devices, sold on Stripe Checkout.
public struct PassesFeature: Sendable {
    /// What it serves.
    public let routes: [Route]
    /// The jobs that a runner must know.
    public let jobs: [JobDefinition]

    /// The schema.
    public static let migrations: [Migration] = PassesMigrations.all

    /// Sells by this configuration; without one the routes say that nothing is sold. Its ``PassesFulfilment`` is given
    /// to Payments.
    public init(
        database: any Database, payments: PaymentsFeature, configuration: PassesConfiguration?,
        clock: any WallClock, random: any RandomSource, log: Log
    ) {
        let purchases = PurchaseService(
            database: database, orders: payments.orders, checkouts: payments.checkouts,
            cancellations: payments.cancellations, configuration: configuration, clock: clock, random: random,
            log: log)
        let confirmations = ConfirmationService(
            database: database, orders: payments.orders, checkouts: payments.checkouts,
            brake: FailureBrake("purchase token", failuresMax: 10, database: database, clock: clock), clock: clock)
        routes =
            PurchaseRoutes(purchases: purchases, confirmations: confirmations, configuration: configuration).routes
            + DeviceRoutes(
                database: database, orders: payments.orders, checkouts: payments.checkouts,
                configuration: configuration, clock: clock
            ).routes
        jobs = [ClosePurchase.definition(payments.cancellations)]
    }
}
