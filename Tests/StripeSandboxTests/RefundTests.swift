import JSON
import Kernel
import StripeSandbox
import StripeSchemas
import Testing

/// Refunds and disputes.
@Suite struct RefundTests {
    typealias Payments = PaymentIntentTests

    @Test(arguments: [StripeSchemas.newest.version, StripeSchemas.old.version])
    func `a whole refund marks the charge and is told`(version: String) async throws {
        let isOld = version == StripeSchemas.old.version
        let harness = Harness(isOld ? .old : .newest)
        let paid = try await Payments.pay(harness, with: "pm_card_visa").json
        await harness.advance(.seconds(2))
        harness.hook.forget()
        let refund = try await harness.post(
            "/v1/refunds", ["payment_intent": paid.id, "reason": "requested_by_customer", "metadata[a]": "1"])
        #expect(refund.status == "succeeded")
        #expect(refund["amount"] == 980)
        let charge = try await harness.get("/v1/charges/\(refund["charge"]?.string ?? "")", ["expand[]": "refunds"])
        #expect(charge["refunded"] == true)
        #expect(charge["amount_refunded"] == 980)
        #expect(charge["refunds"]?["data"]?[0]?.id == refund.id)
        #expect(try await harness.get("/v1/payment_intents/\(paid.id)").status == "succeeded")
        await harness.advance(.seconds(60))
        // Before acacia only refunds without a charge had events of their own.
        let types =
            isOld
            ? ["charge.refunded", "charge.refund.updated"]
            : ["charge.refunded", "refund.created", "refund.updated", "charge.refund.updated"]
        #expect(harness.hook.types == types)
        let again = try await harness.send("POST", "/v1/refunds", ["payment_intent": paid.id])
        #expect(again.status == 400)
        #expect(again.code == "charge_already_refunded")
    }

    @Test func `refunds in parts end at the whole`() async throws {
        let harness = Harness()
        let paid = try await Payments.pay(harness, with: "pm_card_visa").json
        let charge = paid["latest_charge"]?.string ?? ""
        _ = try await harness.post("/v1/refunds", ["charge": charge, "amount": "300"])
        #expect(try await harness.get("/v1/charges/\(charge)")["refunded"] == false)
        let over = try await harness.send("POST", "/v1/refunds", ["charge": charge, "amount": "681"])
        #expect(over.status == 400)
        #expect(over.param == "amount")
        #expect(try await harness.send("POST", "/v1/refunds", ["charge": charge, "amount": "0"]).status == 400)
        _ = try await harness.post("/v1/refunds", ["charge": charge, "amount": "680"])
        #expect(try await harness.get("/v1/charges/\(charge)")["refunded"] == true)
        #expect(try await harness.get("/v1/refunds", ["payment_intent": paid.id])["data"]?.array?.count == 2)
    }

    @Test func `what has no successful charge cannot be given back`() async throws {
        let harness = Harness()
        let open = try await harness.post("/v1/payment_intents", ["amount": "980", "currency": "jpy"])
        #expect(try await harness.send("POST", "/v1/refunds", ["payment_intent": open.id]).status == 400)
        let failed = try await Payments.pay(harness, with: "pm_card_chargeDeclined")
        let charge = failed.error?["charge"]?.string ?? ""
        #expect(try await harness.send("POST", "/v1/refunds", ["charge": charge]).code == "charge_not_refundable")
        let held = try await Payments.pay(harness, with: "pm_card_visa", [("capture_method", "manual")]).json
        #expect(try await harness.send("POST", "/v1/refunds", ["payment_intent": held.id]).status == 400)
        #expect(try await harness.send("POST", "/v1/refunds").code == "parameter_missing")
        #expect(try await harness.send("POST", "/v1/refunds", ["charge": "ch_x"]).param == "charge")
        #expect(try await harness.send("POST", "/v1/refunds", ["payment_intent": "pi_x"]).code == "resource_missing")
        let both = try await harness.send("POST", "/v1/refunds", ["payment_intent": held.id, "charge": charge])
        #expect(both.code == "parameters_exclusive")
    }

    @Test func `a pending refund succeeds later`() async throws {
        let harness = Harness()
        let paid = try await Payments.pay(harness, with: "pm_card_pendingRefund").json
        let refund = try await harness.post("/v1/refunds", ["payment_intent": paid.id])
        #expect(refund.status == "pending")
        await harness.advance(.seconds(60))
        #expect(try await harness.get("/v1/refunds/\(refund.id)").status == "succeeded")
        let update = harness.hook.received.last { $0.event["type"] == "refund.updated" }?.event
        #expect(update?["data"]?["previous_attributes"]?["status"] == "pending")
    }

    @Test func `a refund that fails gives the money back to the charge`() async throws {
        let harness = Harness()
        let paid = try await Payments.pay(harness, with: "pm_card_refundFail").json
        let refund = try await harness.post("/v1/refunds", ["payment_intent": paid.id])
        #expect(refund.status == "succeeded")
        await harness.advance(.seconds(60))
        let failed = try await harness.get("/v1/refunds/\(refund.id)")
        #expect(failed.status == "failed")
        #expect(failed["failure_reason"] != nil)
        let charge = try await harness.get("/v1/charges/\(refund["charge"]?.string ?? "")")
        #expect(charge["amount_refunded"] == 0)
        #expect(charge["refunded"] == false)
        #expect(harness.hook.types.contains("refund.failed"))
    }

    @Test func `a refund on its way can be cancelled, another cannot`() async throws {
        let harness = Harness()
        let paid = try await Payments.pay(harness, with: "pm_card_pendingRefund").json
        let refund = try await harness.post("/v1/refunds", ["payment_intent": paid.id])
        #expect(try await harness.post("/v1/refunds/\(refund.id)/cancel").status == "canceled")
        let twice = try await harness.send("POST", "/v1/refunds/\(refund.id)/cancel")
        #expect(twice.status == 400)
        await harness.advance(.seconds(60))
        #expect(try await harness.get("/v1/refunds/\(refund.id)").status == "canceled")
        #expect(try await harness.get("/v1/charges/\(refund["charge"]?.string ?? "")")["amount_refunded"] == 0)
    }

    @Test func `notes on a refund can change`() async throws {
        let harness = Harness()
        let paid = try await Payments.pay(harness, with: "pm_card_visa").json
        let refund = try await harness.post("/v1/refunds", ["payment_intent": paid.id, "metadata[a]": "1"])
        let noted = try await harness.post("/v1/refunds/\(refund.id)", ["metadata[b]": "2"])
        #expect(noted["metadata"] == ["a": "1", "b": "2"])
        let event = try await harness.get("/v1/events", ["type": "refund.updated"])["data"]?[0]
        #expect(event?["data"]?["previous_attributes"] == ["metadata": ["b": .null]])
    }
}

@Suite struct DisputeTests {
    typealias Payments = PaymentIntentTests

    private func disputed(_ harness: Harness, _ card: String) async throws -> JSONValue {
        let paid = try await Payments.pay(harness, with: card).json
        await harness.advance(.seconds(2))
        harness.hook.forget()
        await harness.advance(.seconds(3))
        let list = try await harness.get("/v1/disputes", ["payment_intent": paid.id])
        return try #require(list["data"]?[0])
    }

    @Test(arguments: [
        ("pm_card_createDispute", "fraudulent"), ("pm_card_createDisputeProductNotReceived", "product_not_received"),
    ])
    func `a dispute card opens a dispute that takes the money`(card: String, reason: String) async throws {
        let harness = Harness()
        let dispute = try await disputed(harness, card)
        #expect(dispute.status == "needs_response")
        #expect(dispute["reason"]?.string == reason)
        #expect(dispute["balance_transactions"]?[0]?["amount"] == -980)
        #expect(harness.hook.types == ["charge.dispute.created", "charge.dispute.funds_withdrawn"])
        let charge = dispute["charge"]?.string ?? ""
        #expect(try await harness.get("/v1/charges/\(charge)")["disputed"] == true)
        let refund = try await harness.send("POST", "/v1/refunds", ["charge": charge])
        #expect(refund.code == "charge_disputed")
    }

    @Test(arguments: [
        ("winning_evidence", "won", ["charge.dispute.closed", "charge.dispute.funds_reinstated"]),
        ("losing_evidence", "lost", ["charge.dispute.closed"]),
    ])
    func `the evidence decides`(evidence: String, outcome: String, events: [String]) async throws {
        let harness = Harness()
        let dispute = try await disputed(harness, "pm_card_createDispute")
        harness.hook.forget()
        let sent = try await harness.post("/v1/disputes/\(dispute.id)", ["evidence[uncategorized_text]": evidence])
        #expect(sent.status == "under_review")
        #expect(sent["evidence_details"]?["submission_count"] == 1)
        await harness.advance(.seconds(5))
        #expect(try await harness.get("/v1/disputes/\(dispute.id)").status == outcome)
        #expect(harness.hook.types == ["charge.dispute.updated"] + events)
        let more = try await harness.send(
            "POST", "/v1/disputes/\(dispute.id)", ["evidence[customer_name]": "A"])
        #expect(more.status == 400)
    }

    @Test func `evidence can be kept back`() async throws {
        let harness = Harness()
        let dispute = try await disputed(harness, "pm_card_createDispute")
        let kept = try await harness.post(
            "/v1/disputes/\(dispute.id)", ["evidence[customer_name]": "A", "submit": "false", "metadata[n]": "1"])
        #expect(kept.status == "needs_response")
        #expect(kept["evidence"]?["customer_name"] == "A")
        #expect(try await harness.post("/v1/disputes/\(dispute.id)", ["submit": "true"]).status == "under_review")
    }

    @Test func `an inquiry moves no money and can grow into a dispute`() async throws {
        let harness = Harness()
        let inquiry = try await disputed(harness, "pm_card_createDisputeInquiry")
        #expect(inquiry.status == "warning_needs_response")
        #expect(inquiry["balance_transactions"] == [])
        #expect(harness.hook.types == ["charge.dispute.created"])
        _ = try await harness.post(
            "/v1/disputes/\(inquiry.id)", ["evidence[uncategorized_text]": "escalate_inquiry_evidence"])
        await harness.advance(.seconds(5))
        #expect(try await harness.get("/v1/disputes/\(inquiry.id)").status == "needs_response")
        #expect(harness.hook.types.last == "charge.dispute.funds_withdrawn")
    }

    @Test func `while it is an inquiry the money can be given back`() async throws {
        let harness = Harness()
        let inquiry = try await disputed(harness, "pm_card_createDisputeInquiry")
        _ = try await harness.post("/v1/refunds", ["payment_intent": inquiry["payment_intent"]?.string ?? ""])
        #expect(try await harness.post("/v1/disputes/\(inquiry.id)/close").status == "warning_closed")
    }

    @Test func `closing gives up, once; silence loses`() async throws {
        let harness = Harness()
        let closed = try await disputed(harness, "pm_card_createDispute")
        #expect(try await harness.post("/v1/disputes/\(closed.id)/close").status == "lost")
        #expect(try await harness.send("POST", "/v1/disputes/\(closed.id)/close").status == 400)
        let silent = try await disputed(harness, "pm_card_createDispute")
        await harness.advance(.seconds(9 * 86_400))
        let lost = try await harness.get("/v1/disputes/\(silent.id)")
        #expect(lost.status == "lost")
        #expect(lost["evidence_details"]?["past_due"] == true)
    }

    @Test func `an issuer's suspicion is told`() async throws {
        let harness = Harness()
        _ = try await Payments.pay(harness, with: "pm_card_createIssuerFraudRecord")
        await harness.advance(.seconds(5))
        #expect(harness.hook.types.last == "radar.early_fraud_warning.created")
    }
}
