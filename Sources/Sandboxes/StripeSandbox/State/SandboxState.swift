import JSON
import Kernel

/// Everything the sandbox knows. It lives behind one lock; every method is quick and none waits.
struct SandboxState: Sendable {
    let options: StripeSandboxOptions
    let accountVersion: APIVersion
    let random: any RandomSource
    var publicURL: String

    var customers: ObjectTable<Customer>
    var paymentMethods: ObjectTable<PaymentMethod>
    var paymentIntents: ObjectTable<PaymentIntent>
    var charges: ObjectTable<Charge>
    var refunds: ObjectTable<Refund>
    var disputes: ObjectTable<Dispute>
    var balanceTransactions: ObjectTable<BalanceTransaction>
    var products: ObjectTable<Product>
    var prices: ObjectTable<Price>
    var checkoutSessions: ObjectTable<CheckoutSession>
    var webhookEndpoints: ObjectTable<WebhookEndpoint>

    var events: ObjectTable<Event>
    var deliveries: DeliveryQueue
    var agenda = Agenda()
    var idempotency = IdempotencyStore()
    var faults = FaultList()
    var requests: BoundedList<RequestRecord>

    init(options: StripeSandboxOptions, accountVersion: APIVersion, random: any RandomSource, at now: Timestamp) {
        self.options = options
        self.accountVersion = accountVersion
        self.random = random
        publicURL = options.publicURL
        customers = ObjectTable(objectsMax: options.objectsMax)
        paymentMethods = ObjectTable(objectsMax: options.objectsMax)
        paymentIntents = ObjectTable(objectsMax: options.objectsMax)
        charges = ObjectTable(objectsMax: options.objectsMax)
        refunds = ObjectTable(objectsMax: options.objectsMax)
        disputes = ObjectTable(objectsMax: options.objectsMax)
        balanceTransactions = ObjectTable(objectsMax: options.objectsMax)
        products = ObjectTable(objectsMax: options.objectsMax)
        prices = ObjectTable(objectsMax: options.objectsMax)
        checkoutSessions = ObjectTable(objectsMax: options.objectsMax)
        webhookEndpoints = ObjectTable(objectsMax: options.objectsMax)
        events = ObjectTable(objectsMax: .max)
        deliveries = DeliveryQueue(historyMax: options.historyMax)
        requests = BoundedList(countMax: options.historyMax)
        if let webhook = options.webhook {
            webhookEndpoints.insert(WebhookEndpoint(configured: webhook, id: newID("we_"), at: now))
        }
    }

    /// A fresh id that tells nothing.
    func newID(_ prefix: String) -> String { prefix + random.alphanumerics(24) }

    /// An object in the newest shape by the name of its kind; nil when there is none.
    func object(_ resource: String, _ id: String) -> JSONObject? {
        switch resource {
        case Customer.objectName: customers[id]?.json
        case PaymentMethod.objectName: paymentMethods[id]?.json
        case PaymentIntent.objectName: paymentIntents[id]?.json
        case Charge.objectName: charges[id]?.json
        case Refund.objectName: refunds[id]?.json
        case Dispute.objectName: disputes[id]?.json
        case BalanceTransaction.objectName: balanceTransactions[id]?.json
        case Product.objectName: products[id]?.json
        case Price.objectName: prices[id]?.json
        default: nil
        }
    }

    /// Whether one more object of every kind that a payment makes still fits.
    func requireRoomForPayment() throws(StripeError) {
        try paymentIntents.requireRoom()
        try paymentMethods.requireRoom()
        try charges.requireRoom()
        try balanceTransactions.requireRoom()
    }
}
