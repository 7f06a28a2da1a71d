import JSON

/// The types of payment method that parameters may name. Only those of `PaymentMethod.Kind` are simulated.
enum PaymentMethodTypes {
    /// Every type in Stripe's own description of payment intents and payment methods.
    static let all: [String] =
        """
        acss_debit affirm afterpay_clearpay alipay alma amazon_pay au_becs_debit bacs_debit bancontact billie \
        bizum blik boku_promptpay boleto capchase_pay card card_present cashapp check_scan click_to_pay crypto \
        custom customer_balance demo_pay duitnow dummy_auth_push dummy_passthrough_card edenred eps fpx gcash \
        getbalance gift_card giropay gopay grabpay id_bank_transfer ideal interac_present kakao_pay klarna knet \
        konbini kr_card kr_market kriya link mb_way mobilepay momo mondu multibanco naver_pay netbanking ng_bank \
        ng_bank_transfer ng_card ng_market ng_ussd ng_wallet nz_bank_account octopus oxxo p24 paper_check \
        pay_by_bank payco paynow paypal paypay payto pix promptpay qris rechnung revolut_pay samsung_pay \
        satispay scalapay sepa_debit sequra shop_pay shopeepay sofort south_korea_market stripe_balance sunbit \
        swish tamara test_pay touch_n_go truemoney twint upi us_bank_account us_cash_voucher vipps wechat_pay \
        wero zip
        """.split(separator: " ").map(String.init)
}

extension PaymentMethodTypes {
    /// The least and the most that a convenience store takes, in yen. Source: Stripe's page on Konbini.
    static let konbiniYen: ClosedRange<Int64> = 120...300_000

    /// The types that a payment may use: those that are named, otherwise those that are on in the account's dashboard,
    /// which here are all that are simulated; among them those that take the currency and the amount.
    static func usable(
        named: [String]?, allowed: JSONValue, excluded: JSONValue, amount: Int64, currency: String, isLater: Bool
    ) -> [PaymentMethod.Kind] {
        PaymentMethod.Kind.allCases.filter { kind in
            let name = JSONValue.string(kind.rawValue)
            guard named?.contains(kind.rawValue) ?? true, allowed.array?.contains(name) ?? true,
                excluded.array?.contains(name) != true
            else { return false }
            // A store can neither hold money nor be charged again.
            return kind == .card || currency == "jpy" && konbiniYen.contains(amount) && !isLater
        }
    }

    /// Throws when none of the types that a parameter names is simulated.
    static func requireSimulated(_ names: [String], _ param: String) throws(StripeError) {
        guard names.contains(where: { PaymentMethod.Kind(rawValue: $0) != nil }) else {
            throw StripeError.unsimulated(param, names.joined(separator: ", ")).beforeExecution
        }
    }
}

extension PaymentIntent {
    /// The types of payment method that it takes.
    var types: [PaymentMethod.Kind] {
        PaymentMethodTypes.usable(
            named: namedTypes, allowed: allowedTypes, excluded: excludedTypes, amount: amount, currency: currency,
            isLater: captureMethod == .manual || setupFutureUsage != nil)
    }
}
