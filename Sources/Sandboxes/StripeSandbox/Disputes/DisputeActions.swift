import JSON

extension SandboxState {
    /// Nine days: how long a merchant may answer.
    private static let answerSeconds: Int64 = 9 * 86_400
    /// What Stripe keeps of a dispute, in the currency's minor unit.
    private static let disputeFee: Int64 = 1500

    /// A payer goes to their bank.
    mutating func openDispute(_ chargeID: String, _ claim: TestCard.Claim, _ cause: Cause) {
        guard let charge = charges[chargeID], charge.isCaptured, charge.refundable > 0, !charge.isDisputed else {
            return
        }
        var dispute = Dispute(
            id: newID("du_"), created: cause.seconds, amount: charge.refundable, currency: charge.currency,
            charge: charge.id, paymentIntent: charge.paymentIntent, card: charge.paymentMethod.card,
            reason: claim == .inquiry ? "fraudulent" : claim.rawValue, dueBy: cause.seconds + Self.answerSeconds,
            status: claim == .inquiry ? .warningNeedsResponse : .needsResponse)
        if claim != .inquiry { withdraw(&dispute, cause) }
        disputes.insert(dispute)
        changeCharge(chargeID) { $0.isDisputed = true }
        emit("charge.dispute.created", dispute.json, cause)
        if claim != .inquiry { emit("charge.dispute.funds_withdrawn", dispute.json, cause) }
        plan(.disputeOverdue(dispute.id), after: .seconds(Self.answerSeconds), cause)
    }

    private mutating func withdraw(_ dispute: inout Dispute, _ cause: Cause) {
        move(&dispute, .dispute, -dispute.amount, fee: Self.disputeFee, cause)
    }

    private mutating func move(
        _ dispute: inout Dispute, _ kind: BalanceTransaction.Kind, _ amount: Int64, fee: Int64, _ cause: Cause
    ) {
        let id = book(
            kind, amount, of: dispute.id, currency: dispute.currency, fee: fee,
            description: "Chargeback for \(dispute.charge)", at: cause.seconds)
        if let movement = balanceTransactions[id] { dispute.movements.append(movement.json) }
    }

    mutating func updateDispute(_ call: Call) throws(StripeError) -> JSONValue {
        var dispute = try dispute(inPath: call.id)
        let before = dispute.json
        let parameters = call.parameters
        if let evidence = parameters.hash("evidence") {
            guard dispute.status == .needsResponse || dispute.status == .warningNeedsResponse else {
                throw .invalidRequest(
                    "This dispute has a status of \(dispute.status.rawValue); it takes no more evidence.",
                    param: "evidence")
            }
            for (name, value) in evidence.values.members { dispute.evidence[name] = value }
        }
        dispute.metadata = try Metadata.merged(dispute.metadata, parameters["metadata"])
        let submits =
            parameters.has("evidence") && parameters.bool("submit") != false || parameters.bool("submit") == true
        if submits && !dispute.status.isFinal {
            dispute.submissionCount += 1
            dispute.status = dispute.status.isInquiry ? .warningUnderReview : .underReview
        }
        disputes[dispute.id] = dispute
        emitUpdate("charge.dispute.updated", from: before, to: dispute.json, call.cause)
        if submits, let verdict = dispute.evidence["uncategorized_text"]?.string.flatMap(Dispute.Verdict.init) {
            plan(.decideDispute(dispute.id, verdict), after: options.disputeAfter, call.cause)
        }
        return .object(dispute.json)
    }

    /// The merchant gives up.
    mutating func closeDispute(_ call: Call) throws(StripeError) -> JSONValue {
        let dispute = try dispute(inPath: call.id)
        guard !dispute.status.isFinal else {
            throw .invalidRequest("This dispute is already closed.", code: "status_transition_invalid")
        }
        end(dispute, dispute.status.isInquiry ? .warningClosed : .lost, call.cause)
        return .object(disputes[dispute.id]?.json ?? dispute.json)
    }

    /// The bank decides.
    mutating func decideDispute(_ id: String, _ verdict: Dispute.Verdict, _ cause: Cause) {
        guard var dispute = disputes[id], dispute.status == .underReview || dispute.status == .warningUnderReview else {
            return
        }
        switch (verdict, dispute.status.isInquiry) {
        case (.escalate, true):
            let before = dispute.json
            dispute.status = .needsResponse
            withdraw(&dispute, cause)
            disputes[id] = dispute
            emitUpdate("charge.dispute.updated", from: before, to: dispute.json, cause)
            emit("charge.dispute.funds_withdrawn", dispute.json, cause)
        case (_, true): end(dispute, .warningClosed, cause)
        case (.winning, false): end(dispute, .won, cause)
        case (.losing, false): end(dispute, .lost, cause)
        case (.escalate, false): break
        }
    }

    /// Nobody answered in time.
    mutating func disputeOverdue(_ id: String, _ cause: Cause) {
        guard var dispute = disputes[id],
            dispute.status == .needsResponse || dispute.status == .warningNeedsResponse
        else { return }
        dispute.isPastDue = true
        disputes[id] = dispute
        end(dispute, dispute.status.isInquiry ? .warningClosed : .lost, cause)
    }

    private mutating func end(_ open: Dispute, _ status: Dispute.Status, _ cause: Cause) {
        var dispute = open
        dispute.status = status
        if status == .won { move(&dispute, .disputeReversal, dispute.amount, fee: -Self.disputeFee, cause) }
        disputes[dispute.id] = dispute
        emit("charge.dispute.closed", dispute.json, cause)
        if status == .won { emit("charge.dispute.funds_reinstated", dispute.json, cause) }
    }

    func retrieveDispute(_ call: Call) throws(StripeError) -> JSONValue { .object(try dispute(inPath: call.id).json) }

    func listDisputes(_ call: Call) throws(StripeError) -> JSONValue {
        let parameters = call.parameters
        return try page(of: disputes, call) { dispute in
            (parameters.string("charge") ?? dispute.charge) == dispute.charge
                && (parameters.string("payment_intent") ?? dispute.paymentIntent) == dispute.paymentIntent
        }
    }

    private func dispute(inPath id: String) throws(StripeError) -> Dispute {
        guard let dispute = disputes[id] else { throw .notFound("dispute", id) }
        return dispute
    }

    /// The issuer suspects fraud, without a dispute yet.
    mutating func warnOfFraud(_ chargeID: String, _ cause: Cause) {
        guard let charge = charges[chargeID] else { return }
        emit(
            "radar.early_fraud_warning.created",
            [
                "id": .string(newID("issfr_")), "object": "radar.early_fraud_warning", "actionable": true,
                "charge": .string(charge.id), "created": .int(cause.seconds),
                "fraud_type": "made_with_stolen_card", "livemode": false,
                "payment_intent": .string(charge.paymentIntent),
            ], cause)
    }
}

extension Endpoint {
    /// `/v1/disputes`. Disputes are opened by the dispute cards.
    static let disputes: [Endpoint] = [
        .list(
            "/v1/disputes", of: "dispute", [.text("charge"), .created, .text("payment_intent")]
        ) { state, call throws(StripeError) in try state.listDisputes(call) },
        .get("/v1/disputes/{dispute}", answers: "dispute") { state, call throws(StripeError) in
            try state.retrieveDispute(call)
        },
        .post(
            "/v1/disputes/{dispute}", answers: "dispute",
            [
                .hash(
                    "evidence",
                    Dispute.evidenceNames.map { .text($0, max: 20_000) } + [
                        .unsimulated("appeal"), .unsimulated("enhanced_evidence"),
                    ]),
                .unsimulated("intended_submission_method"), Parameter.metadata.emptyable, .boolean("submit"),
            ]
        ) { state, call throws(StripeError) in try state.updateDispute(call) },
        .post("/v1/disputes/{dispute}/close", answers: "dispute") { state, call throws(StripeError) in
            try state.closeDispute(call)
        },
    ]
}
