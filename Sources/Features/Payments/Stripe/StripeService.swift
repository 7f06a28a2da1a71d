public import Kernel
public import StripeClient

/// What Payments asks of Stripe (`IStripeService` of the brief). Live it is ``StripeGateway``; a test may stand in.
///
/// Every write carries the key that the caller gives (law 2); an outcome that is not known is thrown as such (law 3).
public protocol StripeService: Sendable {
    /// Whether the keys are those of live mode.
    var livemode: Bool { get }

    /// Creates a customer.
    func createCustomer(
        _ parameters: CreateCustomer, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripeCustomer>

    /// Customers with this very address.
    func customers(email: Redacted<String>) async throws(StripeError) -> [StripeCustomer]

    /// Opens a payment intent.
    func createPaymentIntent(
        _ parameters: CreatePaymentIntent, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripePaymentIntent>

    /// Reads a payment intent.
    func retrievePaymentIntent(_ id: StripePaymentIntentID) async throws(StripeError) -> Answer<StripePaymentIntent>

    /// Changes the amount of an unpaid intent.
    func updateAmount(
        of id: StripePaymentIntentID, to amount: Money, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripePaymentIntent>

    /// Cancels an unpaid intent.
    func cancelPaymentIntent(
        _ id: StripePaymentIntentID, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripePaymentIntent>

    /// Every intent of a customer since `created`, newest first, at most 1,000.
    func paymentIntents(
        ofCustomer customer: StripeCustomerID, since created: Timestamp
    ) async throws(StripeError) -> [StripePaymentIntent]

    /// Opens a payment page.
    func createCheckoutSession(
        _ session: CreateCheckoutSession, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripeCheckoutSession>

    /// Reads a payment page, and its intent with it.
    func retrieveCheckoutSession(_ id: StripeCheckoutSessionID) async throws(StripeError) -> StripeCheckoutSession

    /// Closes an open payment page.
    func expireCheckoutSession(
        _ id: StripeCheckoutSessionID, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripeCheckoutSession>

    /// The payment page that we made for an order, of those made in the 25 hours after `submitted`; nil when there is
    /// none. Throws when there are too many to look through.
    func checkoutSession(
        ofOrder order: String, since submitted: Timestamp
    ) async throws(StripeError) -> StripeCheckoutSession?

    /// Sends money back.
    func createRefund(
        _ parameters: CreateRefund, key: StripeIdempotencyKey
    ) async throws(StripeError) -> Answer<StripeRefund>

    /// Every refund of an intent.
    func refunds(ofPaymentIntent id: StripePaymentIntentID) async throws(StripeError) -> [StripeRefund]

    /// Reads a dispute.
    func retrieveDispute(_ id: StripeDisputeID) async throws(StripeError) -> Answer<StripeDispute>

    /// Verifies a webhook's raw body and reads its event. Throws `PaymentError.webhookSignature` and its like.
    func constructWebhookEvent(rawBody: [UInt8], signature: String?) throws(PaymentError) -> SignedEvent
}
