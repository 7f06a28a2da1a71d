public import Audit
public import Database
public import HTTP
public import Identity
public import Jobs
public import Kernel
public import Notifications

/// The front door of Payments: orders, intents, refunds, disputes, reviews and Stripe's inbox.
public struct PaymentsFeature: Sendable {
    /// How other features place orders.
    public let orders: OrderPlacement
    /// How other features give up orders.
    public let cancellations: CancellationService
    /// How other features sell on pages of Stripe Checkout.
    public let checkouts: Checkouts
    /// What it serves.
    public let routes: [Route]
    /// The jobs that a runner must know.
    public let jobs: [JobDefinition]
    /// What runs regularly.
    public let schedules: [Schedule]
    /// Finds and heals what the events missed (law 8).
    public let reconciliation: Reconciliation
    /// Makes a user's customer at Stripe ahead of the first payment, in the transaction that makes the user.
    public let createCustomerLater: @Sendable (String, Transaction) throws -> Void

    /// The schema.
    public static let migrations: [Migration] = PaymentsMigrations.all

    /// What it stands on.
    public struct Parts: Sendable {
        /// The database.
        public var database: any Database
        /// Stripe.
        public var stripe: any StripeService
        /// Stripe at a pace that leaves its rate limit to buyers: for reconciliation.
        public var pacedStripe: StripeGateway
        /// Which installation this is.
        public var installation: Installation
        /// How sellers deliver.
        public var fulfilments: [any Fulfilment]
        /// Handlers of events that other features subscribe to; they run after the own ones of the same type.
        public var handlers: [any EventHandler]
        /// Where users get their mail.
        public var addresses: any MailAddresses
        /// Who users are, for operators.
        public var users: any UserDirectory
        /// The job queue.
        public var queue: JobQueue
        /// The audit trail.
        public var audit: AuditTrail
        /// The clock.
        public var clock: any WallClock
        /// The ids.
        public var ids: IDGenerator
        /// The log.
        public var log: Log
        /// Stripe's publishable key, which is told to buyers; nil where none is configured.
        public var publishableKey: String?

        /// All parts.
        public init(
            database: any Database, stripe: any StripeService, pacedStripe: StripeGateway,
            installation: Installation, fulfilments: [any Fulfilment], handlers: [any EventHandler] = [],
            addresses: any MailAddresses, users: any UserDirectory, queue: JobQueue, audit: AuditTrail,
            clock: any WallClock, ids: IDGenerator, log: Log, publishableKey: String? = nil
        ) {
            self.database = database
            self.stripe = stripe
            self.pacedStripe = pacedStripe
            self.installation = installation
            self.fulfilments = fulfilments
            self.handlers = handlers
            self.addresses = addresses
            self.users = users
            self.queue = queue
            self.audit = audit
            self.clock = clock
            self.ids = ids
            self.log = log
            self.publishableKey = publishableKey
        }
    }

    /// Puts the feature together.
    public init(_ parts: Parts) {
        let (database, stripe, clock, ids, log) = (parts.database, parts.stripe, parts.clock, parts.ids, parts.log)
        let history = OrderHistory(clock: clock, ids: ids)
        let journal = Journal(clock: clock, ids: ids)
        let fulfilments = Fulfilments(parts.fulfilments)
        let settlement = Settlement(
            clock: clock, ids: ids, history: history, journal: journal, fulfilments: fulfilments,
            queue: parts.queue)
        let refundSettlement = RefundSettlement(
            clock: clock, ids: ids, history: history, journal: journal)
        let disputeSettlement = DisputeSettlement(history: history, journal: journal)
        let checkoutSettlement = CheckoutSettlement(
            settlement: settlement, fulfilments: fulfilments, history: history, queue: parts.queue, clock: clock)
        func makeSweep(_ stripe: any StripeService) -> Sweep {
            let customers = CustomerDirectory(
                database: database, stripe: stripe, addresses: parts.addresses, clock: clock)
            let intents = IntentService(
                database: database, stripe: stripe, customers: customers, settlement: settlement, history: history,
                installation: parts.installation, clock: clock, log: log)
            let checkouts = Checkouts(
                database: database, stripe: stripe, settlement: checkoutSettlement, installation: parts.installation,
                clock: clock, log: log)
            let cancellations = CancellationService(
                database: database, stripe: stripe, intents: intents, checkouts: checkouts, settlement: settlement,
                fulfilments: fulfilments, history: history, clock: clock, log: log)
            let refunds = RefundService(
                database: database, stripe: stripe, settlement: refundSettlement, history: history, clock: clock,
                ids: ids, log: log)
            return Sweep(
                database: database, intents: intents, checkouts: checkouts, cancellations: cancellations,
                refunds: refunds, clock: clock, log: log)
        }
        let sweep = makeSweep(stripe)
        let (intents, refunds) = (sweep.intents, sweep.refunds)
        checkouts = sweep.checkouts
        cancellations = sweep.cancellations
        let reviews = ReviewService(
            database: database, fulfilments: fulfilments, history: history, audit: parts.audit, clock: clock)
        let handlers: [any EventHandler] =
            [
                PaymentIntentSucceeded(settlement: settlement),
                PaymentIntentFailed(history: history, queue: parts.queue), PaymentIntentCanceled(history: history),
                ChargeRefunded(jobs: parts.queue), RefundChanged(settlement: refundSettlement),
                DisputeChanged(settlement: disputeSettlement, jobs: parts.queue),
                CheckoutSessionChanged(settlement: checkoutSettlement, clock: clock),
            ] + parts.handlers
        let inbox = Inbox(
            database: database,
            handlers: Dictionary(
                handlers.flatMap { handler in handler.types.map { ($0, [handler]) } }, uniquingKeysWith: +),
            livemode: stripe.livemode, installation: parts.installation, jobs: parts.queue, clock: clock, ids: ids,
            log: log)
        reconciliation = Reconciliation(
            parts, stripe: parts.pacedStripe, inbox: inbox, sweep: makeSweep(parts.pacedStripe),
            settlement: settlement, refundSettlement: refundSettlement, disputeSettlement: disputeSettlement)
        orders = OrderPlacement(history: history, clock: clock, ids: ids)
        routes =
            OrderRoutes(database: database, cancellations: cancellations).routes
            + AdminOrderRoutes(database: database, users: parts.users, clock: clock).routes
            + IntentRoutes(service: intents, publishableKey: parts.publishableKey).routes
            + RefundRoutes(database: database, service: refunds).routes
            + PaymentRoutes(database: database).routes + ReviewRoutes(database: database, service: reviews).routes
            + WebhookRoutes(stripe: stripe, inbox: inbox).routes + ReconciliationRoutes(database: database).routes
        jobs = [
            ApplyEvent.definition(inbox: inbox), BlankEvents.definition(database: database), SweepJob.definition(sweep),
            ReadRefunds.definition(database: database, stripe: stripe, settlement: refundSettlement),
            ReadDispute.definition(database: database, stripe: stripe, settlement: disputeSettlement),
            CreateCustomerJob.definition(intents.customers),
            CancelIntent.definition(database: database, stripe: stripe, history: history),
            CloseCheckout.definition(checkouts), VerifyCheckout.definition(checkouts),
            ReconcileJob.definition(reconciliation, clock: clock),
        ]
        schedules = [
            Schedule("payments.sweep", every: .seconds(60), SweepJob()), BlankEvents.schedule, ReconcileJob.schedule,
        ]
        let queue = parts.queue
        createCustomerLater = { userID, tx in
            try queue.enqueue(
                CreateCustomerJob(user: userID), dedupeKey: "payments.create_customer:\(userID)", subject: userID,
                in: tx)
        }
    }
}
