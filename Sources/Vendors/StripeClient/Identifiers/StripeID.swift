/// Stripe's own id of a `Subject`, such as `pi_3PgafyB7WZ01zgkW`: opaque, case-sensitive, at most 255 characters.
public struct StripeID<Subject>: Hashable, Sendable, CustomStringConvertible {
    /// The text as Stripe wrote it.
    public let rawValue: String

    /// An id that is known to be one, as Stripe sent it or as a database kept it.
    public init(_ rawValue: String) { self.rawValue = rawValue }

    /// An id that a stranger sent; nil unless it has 1 to 255 letters, digits, `_` or `-`.
    public init?(untrusted text: String) {
        let fits = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard fits, (1...255).contains(text.utf8.count) else { return nil }
        rawValue = text
    }

    /// The text.
    public var description: String { rawValue }
}

/// What a payment method's id identifies; the method itself stays with Stripe.
public enum StripePaymentMethod {}
/// What an invoice's id identifies.
public enum StripeInvoice {}

/// `cus_…`
public typealias StripeCustomerID = StripeID<StripeCustomer>
/// `pi_…`
public typealias StripePaymentIntentID = StripeID<StripePaymentIntent>
/// `ch_…`, or `py_…` of a payment that is no card's
public typealias StripeChargeID = StripeID<StripeCharge>
/// `re_…`
public typealias StripeRefundID = StripeID<StripeRefund>
/// `dp_…` or `du_…`
public typealias StripeDisputeID = StripeID<StripeDispute>
/// `evt_…`
public typealias StripeEventID = StripeID<StripeEvent>
/// `pm_…`
public typealias StripePaymentMethodID = StripeID<StripePaymentMethod>
/// `in_…`
public typealias StripeInvoiceID = StripeID<StripeInvoice>
/// `cs_…`
public typealias StripeCheckoutSessionID = StripeID<StripeCheckoutSession>
/// `we_…`
public typealias StripeWebhookEndpointID = StripeID<StripeWebhookEndpoint>
