import JSON
import Kernel

extension SandboxState {
    mutating func createRefund(_ call: Call) throws(StripeError) -> JSONValue {
        try refunds.requireRoom()
        try balanceTransactions.requireRoom()
        let charge = try refundedCharge(call)
        let amount = try refundAmount(call, charge)
        var refund = newRefund(amount, of: charge, isReversal: false, call.cause)
        refund.reason = call.parameters.string("reason")
        refund.metadata = try Metadata.merged([:], call.parameters["metadata"])
        if charge.paymentMethod.card.refund == .succeedsLater { refund.status = .pending }
        refund.balanceTransaction = book(
            .refund, -amount, of: refund.id, currency: refund.currency, description: "REFUND FOR CHARGE",
            at: call.cause.seconds)
        refunds.insert(refund)
        changeCharge(charge.id) { $0.amountRefunded += amount }
        emit("charge.refunded", charges[charge.id]?.json ?? charge.json, call.cause)
        emit("refund.created", refund.json, call.cause)
        let later: Agenda.Work =
            charge.paymentMethod.card.refund == .failsLater ? .failRefund(refund.id) : .settleRefund(refund.id)
        plan(later, after: options.refundAfter, call.cause)
        return .object(refund.json)
    }

    /// The charge that is to be given back. Throws when there is none that succeeded and was captured.
    private func refundedCharge(_ call: Call) throws(StripeError) -> Charge {
        let intentID = call.parameters.string("payment_intent")
        let chargeID = call.parameters.string("charge")
        if intentID != nil && chargeID != nil {
            throw StripeError.invalidRequest(
                "You may only specify one of these parameters: charge, payment_intent.", code: "parameters_exclusive",
                param: "charge"
            ).beforeExecution
        }
        if let intentID {
            guard let intent = paymentIntents[intentID] else {
                throw .missing("payment_intent", intentID, param: "payment_intent")
            }
            guard let charge = intent.latestCharge.flatMap({ charges[$0] }), charge.status == .succeeded,
                charge.isCaptured
            else {
                throw .invalidRequest(
                    "This PaymentIntent (\(intentID)) does not have a successful charge to refund.",
                    param: "payment_intent")
            }
            return charge
        }
        guard let chargeID else { throw StripeError.missingParameter("payment_intent").beforeExecution }
        guard let charge = charges[chargeID] else { throw .missing("charge", chargeID, param: "charge") }
        guard charge.status == .succeeded, charge.isCaptured else {
            throw .invalidRequest(
                "Charge \(chargeID) has not been captured, so it cannot be refunded.", code: "charge_not_refundable",
                param: "charge")
        }
        return charge
    }

    private func refundAmount(_ call: Call, _ charge: Charge) throws(StripeError) -> Int64 {
        let dispute = disputes.newestFirst.first { $0.charge == charge.id }
        if charge.isDisputed, dispute?.isChargeRefundable == false {
            throw .invalidRequest(
                "Charge \(charge.id) has been charged back; cannot issue a refund.", code: "charge_disputed")
        }
        guard charge.refundable > 0 else {
            throw .invalidRequest(
                "Charge \(charge.id) has already been refunded.", code: "charge_already_refunded")
        }
        let amount = call.parameters.int("amount") ?? charge.refundable
        guard amount >= 1 else {
            throw StripeError.invalidRequest(
                "This value must be greater than or equal to 1.", code: "parameter_invalid_integer", param: "amount"
            ).beforeExecution
        }
        guard amount <= charge.refundable else {
            throw .invalidRequest(
                "Refund amount (\(amount)) is greater than unrefunded amount on charge (\(charge.refundable)).",
                code: "amount_too_large", param: "amount")
        }
        return amount
    }

    private func newRefund(_ amount: Int64, of charge: Charge, isReversal: Bool, _ cause: Cause) -> Refund {
        Refund(
            id: newID("re_"), created: cause.seconds, amount: amount, currency: charge.currency, charge: charge.id,
            paymentIntent: charge.paymentIntent, paymentMethod: charge.paymentMethod.id, customer: charge.customer,
            isReversal: isReversal, status: .succeeded, isToCard: charge.paymentMethod.kind == .card)
    }

    /// Lets held money go: a refund without a movement of the balance.
    mutating func release(_ amount: Int64, of chargeID: String, _ cause: Cause) -> String? {
        guard let charge = charges[chargeID], amount > 0 else { return nil }
        let refund = newRefund(amount, of: charge, isReversal: true, cause)
        refunds.insert(refund)
        changeCharge(chargeID) { $0.amountRefunded += amount }
        return refund.id
    }

    mutating func updateRefund(_ call: Call) throws(StripeError) -> JSONValue {
        var refund = try refund(inPath: call.id)
        let before = refund.json
        refund.metadata = try Metadata.merged(refund.metadata, call.parameters["metadata"])
        refunds[refund.id] = refund
        emitRefundUpdate(from: before, refund, call.cause)
        return .object(refund.json)
    }

    /// Stops a refund that is still on its way.
    mutating func cancelRefund(_ call: Call) throws(StripeError) -> JSONValue {
        var refund = try refund(inPath: call.id)
        guard refund.status == .pending else {
            throw .invalidRequest(
                "You cannot cancel this refund because it has a status of \(refund.status.rawValue).",
                code: "status_transition_invalid")
        }
        let before = refund.json
        refund.status = .canceled
        giveBack(&refund, call.cause)
        refunds[refund.id] = refund
        emitRefundUpdate(from: before, refund, call.cause)
        return .object(refund.json)
    }

    func retrieveRefund(_ call: Call) throws(StripeError) -> JSONValue { .object(try refund(inPath: call.id).json) }

    func listRefunds(_ call: Call) throws(StripeError) -> JSONValue {
        let parameters = call.parameters
        return try page(of: refunds, call) { refund in
            (parameters.string("charge") ?? refund.charge) == refund.charge
                && (parameters.string("payment_intent") ?? refund.paymentIntent) == refund.paymentIntent
        }
    }

    private func refund(inPath id: String) throws(StripeError) -> Refund {
        guard let refund = refunds[id] else { throw .notFound("refund", id) }
        return refund
    }

    /// The refund's reference arrives; one that was pending has then succeeded.
    mutating func settleRefund(_ id: String, _ cause: Cause) {
        guard var refund = refunds[id], refund.status == .pending || refund.status == .succeeded else { return }
        let before = refund.json
        refund.status = .succeeded
        refund.reference = "7" + String(id.utf8.reduce(UInt64(7)) { ($0 &* 31 &+ UInt64($1)) % 1_000_000_000_000 })
        refunds[id] = refund
        emitRefundUpdate(from: before, refund, cause)
    }

    /// The bank sends the money back.
    mutating func failRefund(_ id: String, _ cause: Cause) {
        guard var refund = refunds[id], refund.status == .succeeded || refund.status == .pending else { return }
        let before = refund.json
        refund.status = .failed
        refund.failureReason = "expired_or_canceled_card"
        giveBack(&refund, cause)
        refunds[id] = refund
        emit("refund.failed", refund.json, cause)
        emitRefundUpdate(from: before, refund, cause)
    }

    /// Undoes what a refund did to its charge and the balance.
    private mutating func giveBack(_ refund: inout Refund, _ cause: Cause) {
        let amount = refund.amount
        refund.failureBalanceTransaction = book(
            .refundFailure, amount, of: refund.id, currency: refund.currency, at: cause.seconds)
        changeCharge(refund.charge) { $0.amountRefunded -= amount }
    }

    /// A refund's change is told twice, as Stripe does.
    private mutating func emitRefundUpdate(from before: JSONObject, _ refund: Refund, _ cause: Cause) {
        emitUpdate("refund.updated", from: before, to: refund.json, cause)
        emitUpdate("charge.refund.updated", from: before, to: refund.json, cause)
    }
}

extension Endpoint {
    /// `/v1/refunds`
    static let refunds: [Endpoint] = [
        .list(
            "/v1/refunds", of: "refund", [.text("charge"), .created, .text("payment_intent")]
        ) { state, call throws(StripeError) in try state.listRefunds(call) },
        .post(
            "/v1/refunds", answers: "refund",
            [
                .integer("amount"), .text("charge"), .unsimulated("currency"), .unsimulated("customer"),
                .unsimulated("instructions_email"), Parameter.metadata.emptyable, .unsimulated("origin"),
                .text("payment_intent"), .word("reason", "duplicate fraudulent requested_by_customer"),
                .unsimulated("refund_application_fee"), .unsimulated("reverse_transfer"),
            ]
        ) { state, call throws(StripeError) in try state.createRefund(call) },
        .get("/v1/refunds/{refund}", answers: "refund") { state, call throws(StripeError) in
            try state.retrieveRefund(call)
        },
        .post("/v1/refunds/{refund}", answers: "refund", [Parameter.metadata.emptyable]) {
            state, call throws(StripeError) in try state.updateRefund(call)
        },
        .post("/v1/refunds/{refund}/cancel", answers: "refund") { state, call throws(StripeError) in
            try state.cancelRefund(call)
        },
    ]
}
