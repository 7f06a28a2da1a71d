import JSON

/// A movement of the account's balance.
struct BalanceTransaction: StripeObject {
    static let objectName = "balance_transaction"

    enum Kind: Sendable {
        case charge, refund, refundFailure, dispute, disputeReversal

        /// Stripe's own two words for it.
        var words: (type: String, reportingCategory: String) {
            switch self {
            case .charge: ("charge", "charge")
            case .refund: ("refund", "refund")
            case .refundFailure: ("refund_failure", "refund_failure")
            case .dispute: ("adjustment", "dispute")
            case .disputeReversal: ("adjustment", "dispute_reversal")
            }
        }
    }

    let id: String
    let created: Int64
    let kind: Kind
    /// Negative when money leaves.
    let amount: Int64
    let fee: Int64
    let currency: String
    let source: String
    let availableOn: Int64
    let description: String?

    var json: JSONObject {
        [
            "id": .string(id), "object": "balance_transaction", "amount": .int(amount),
            "available_on": .int(availableOn), "balance_type": "payments", "created": .int(created),
            "currency": .string(currency), "description": JSONValue(description), "exchange_rate": .null,
            "fee": .int(fee),
            "fee_details": fee == 0
                ? []
                : [
                    [
                        "amount": .int(fee), "application": .null, "currency": .string(currency),
                        "description": "Stripe processing fees", "type": "stripe_fee",
                    ]
                ],
            "net": .int(amount - fee), "reporting_category": .string(kind.words.reportingCategory),
            "source": .string(source), "status": .string(availableOn <= created ? "available" : "pending"),
            "type": .string(kind.words.type),
        ]
    }
}

extension SandboxState {
    private static let secondsPerDay: Int64 = 86_400
    /// Stripe's price of a card payment, in thousandths.
    private static let feePerMille: Int64 = 36

    /// Books a movement and answers its id. Fees round half up to the minor unit.
    mutating func book(
        _ kind: BalanceTransaction.Kind, _ amount: Int64, of source: String, currency: String, fee: Int64 = 0,
        isAvailable: Bool = true, description: String? = nil, at seconds: Int64
    ) -> String {
        let movement = BalanceTransaction(
            id: newID("txn_"), created: seconds, kind: kind, amount: amount, fee: fee, currency: currency,
            source: source, availableOn: isAvailable ? seconds : seconds + 4 * Self.secondsPerDay,
            description: description)
        balanceTransactions.insert(movement)
        return movement.id
    }

    /// What Stripe keeps of a payment.
    static func fee(of amount: Int64) -> Int64 { (amount * feePerMille + 500) / 1000 }

    func retrieveBalanceTransaction(_ call: Call) throws(StripeError) -> JSONValue {
        guard let movement = balanceTransactions[call.id] else {
            throw .notFound("balance transaction", call.id)
        }
        return .object(movement.json)
    }

    func listBalanceTransactions(_ call: Call) throws(StripeError) -> JSONValue {
        let parameters = call.parameters
        return try page(of: balanceTransactions, call) { movement in
            (parameters.string("currency") ?? movement.currency) == movement.currency
                && (parameters.string("source") ?? movement.source) == movement.source
                && (parameters.string("type") ?? movement.kind.words.type) == movement.kind.words.type
        }
    }
}

extension Endpoint {
    /// `/v1/balance_transactions`
    static let balanceTransactions: [Endpoint] = [
        .list(
            "/v1/balance_transactions", of: "balance_transaction",
            [
                .created, .text("currency"), .unsimulated("payout"), .text("source"), .text("type"),
            ]
        ) { state, call throws(StripeError) in try state.listBalanceTransactions(call) },
        .get("/v1/balance_transactions/{id}", answers: "balance_transaction") { state, call throws(StripeError) in
            try state.retrieveBalanceTransaction(call)
        },
    ]
}
