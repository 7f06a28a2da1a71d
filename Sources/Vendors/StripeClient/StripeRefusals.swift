/// A refusal by the card, its bank, or Stripe's risk rules.
public struct StripeCardError: Error, Equatable, Sendable {
    /// `card_declined`, `expired_card`, `authentication_required` and others.
    public let code: String?
    /// The issuer's reason: `insufficient_funds`. Stripe asks to show lost, stolen and fraudulent as a plain refusal.
    public let declineCode: String?
    /// Stripe's advice: `try_again_later`, `do_not_try_again`, `confirm_card_data`.
    public let adviceCode: String?
    /// A sentence for the customer, in English. Not for logs.
    public let message: String?
    /// The intent, which waits for another means of payment. It exists also when creating and confirming were one call.
    public let paymentIntentID: StripePaymentIntentID?
    /// The attempt that was refused.
    public let chargeID: StripeChargeID?
    /// Stripe's id of the exchange.
    public let requestID: String?

    /// A refusal of these parts.
    public init(
        code: String?, declineCode: String? = nil, adviceCode: String? = nil, message: String? = nil,
        paymentIntentID: StripePaymentIntentID? = nil, chargeID: StripeChargeID? = nil, requestID: String? = nil
    ) {
        self.code = code
        self.declineCode = declineCode
        self.adviceCode = adviceCode
        self.message = message
        self.paymentIntentID = paymentIntentID
        self.chargeID = chargeID
        self.requestID = requestID
    }

    /// Whether the customer must be present for the bank to agree.
    public var isAuthenticationRequired: Bool { code == "authentication_required" }
}

extension StripeCardError: CustomStringConvertible, CustomDebugStringConvertible {
    /// The codes, without the message.
    public var description: String {
        let parts = [code ?? "no_code", declineCode, requestID].compactMap { $0 }
        return "stripe: card (\(parts.joined(separator: ", ")))"
    }

    /// The same.
    public var debugDescription: String { description }
}

/// A request that Stripe does not take, or that we did not send because Stripe would not.
public struct StripeInvalidRequest: Error, Equatable, Sendable {
    /// 400 or 404; nil when it was refused here and not sent.
    public let status: Int?
    /// `resource_missing`, `payment_intent_unexpected_state`, `amount_too_small` and others.
    public let code: String?
    /// The parameter at fault: `line_items[0][price]`.
    public let param: String?
    /// A sentence for a developer; may repeat what was sent, so it is not for logs.
    public let message: String?
    /// The intent as it stands, where Stripe tells it.
    public let paymentIntent: StripePaymentIntent?
    /// Stripe's id of the exchange.
    public let requestID: String?

    /// A refusal of these parts.
    public init(
        status: Int?, code: String?, param: String? = nil, message: String? = nil,
        paymentIntent: StripePaymentIntent? = nil, requestID: String? = nil
    ) {
        self.status = status
        self.code = code
        self.param = param
        self.message = message
        self.paymentIntent = paymentIntent
        self.requestID = requestID
    }

    /// Whether an id or a reference is not known to Stripe.
    public var isResourceMissing: Bool { code == "resource_missing" }

    /// Whether the object is past the state that was asked for: it may have been paid or given back by another call.
    public var mayBeDoneAlready: Bool {
        switch code {
        case "payment_intent_unexpected_state", "charge_already_refunded", "resource_already_exists": true
        default: false
        }
    }
}

extension StripeInvalidRequest: CustomStringConvertible, CustomDebugStringConvertible {
    /// The codes, without the message.
    public var description: String {
        let parts = [status.map { String($0) } ?? "not_sent", code, param, requestID].compactMap { $0 }
        return "stripe: invalid_request (\(parts.joined(separator: ", ")))"
    }

    /// The same.
    public var debugDescription: String { description }
}
