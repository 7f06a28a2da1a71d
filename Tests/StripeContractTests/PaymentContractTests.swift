import Kernel
import KernelTesting
import StripeClient
import StripeSandbox
import Testing

@Suite struct PaymentContractTests {
    @Test func `an intent is made, confirmed and paid`() async throws {
        let world = World()
        let customer = try await world.client.createCustomer(
            CreateCustomer(email: Redacted("hanako@example.jp"), name: Redacted("花子"), metadata: ["user_id": "u1"]),
            key: world.key()
        ).value
        let intent = try await world.intent(customer: customer.id)
        #expect(intent.status == .requiresPaymentMethod)
        #expect(intent.amount == Money(980, .jpy))
        #expect(intent.amountReceived == .zero(.jpy))
        #expect(intent.customer == customer.id)
        #expect(intent.metadata == ["order_id": "o-1"])
        #expect(intent.clientSecret?.reveal().hasPrefix("\(intent.id)_secret_") == true)
        #expect(!intent.livemode)
        #expect(intent.latestCharge == nil)

        let answer = try await world.client.confirmPaymentIntent(intent.id, .with("pm_card_visa"), key: world.key())
        #expect(answer.value.status == .succeeded)
        #expect(answer.value.amountReceived == Money(980, .jpy))
        #expect(answer.requestID?.hasPrefix("req_") == true)
        #expect(!answer.replayed)

        let read = try await world.client.retrievePaymentIntent(intent.id, expand: ["latest_charge"]).value
        let charge = try #require(read.expandedLatestCharge)
        #expect(charge.id == answer.value.latestCharge)
        #expect(charge.status == .succeeded)
        #expect(charge.amount == Money(980, .jpy))
        #expect(charge.paymentIntent == intent.id)
        #expect(charge.customer == customer.id)
        #expect(try await world.client.retrieveCharge(charge.id).value == charge)
        #expect(try await world.client.listCharges(paymentIntent: intent.id).value.data == [charge])
    }

    @Test func `an intent is made and paid in one call`() async throws {
        let world = World()
        let intent = try await world.client.createPaymentIntent(
            CreatePaymentIntent(
                amount: Money(1099, .usd), redirects: .never, paymentMethod: StripePaymentMethodID("pm_card_visa"),
                confirm: true),
            key: world.key()
        ).value
        #expect(intent.status == .succeeded)
        #expect(intent.amountReceived == Money(1099, .usd))
    }

    @Test(
        arguments: [
            ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
            ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
            ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
            ("pm_card_chargeDeclinedExpiredCard", "expired_card", nil),
            ("pm_card_chargeDeclinedProcessingError", "processing_error", nil),
        ] as [(String, String, String?)])
    func `a refused card leaves the intent open for another one`(
        method: String, code: String, declineCode: String?
    ) async throws {
        let world = World()
        let intent = try await world.intent()
        let error = try await failure {
            try await world.client.confirmPaymentIntent(intent.id, .with(method), key: world.key())
        }
        guard case .card(let card) = error else { throw error }
        #expect(error.isDefiniteRefusal)
        #expect(card.code == code)
        if let declineCode { #expect(card.declineCode == declineCode) }
        #expect(card.paymentIntentID == intent.id)
        #expect(card.requestID?.hasPrefix("req_") == true)

        let read = try await world.client.retrievePaymentIntent(intent.id, expand: ["latest_charge"]).value
        #expect(read.status == .requiresPaymentMethod)
        #expect(read.paymentMethod == nil)
        #expect(read.lastPaymentError?.code == code)
        #expect(read.latestCharge == card.chargeID)
        #expect(read.expandedLatestCharge?.status == .failed)
        #expect(read.expandedLatestCharge?.failureCode == code)

        let second = try await world.client.confirmPaymentIntent(intent.id, .with("pm_card_visa"), key: world.key())
        #expect(second.value.status == .succeeded)
        #expect(second.value.lastPaymentError == nil)
        #expect(try await world.client.listCharges(paymentIntent: intent.id).value.data.count == 2)
    }

    @Test func `a refusal at making and paying in one call names the intent that exists`() async throws {
        let world = World()
        let error = try await failure {
            try await world.client.createPaymentIntent(
                CreatePaymentIntent(
                    amount: Money(980, .jpy), redirects: .never,
                    paymentMethod: StripePaymentMethodID("pm_card_visa_chargeDeclined"), confirm: true),
                key: world.key())
        }
        guard case .card(let card) = error else { throw error }
        let id = try #require(card.paymentIntentID)
        #expect(try await world.client.retrievePaymentIntent(id).value.status == .requiresPaymentMethod)
    }

    @Test func `3-D Secure asks for the customer, who is led to another page`() async throws {
        let world = World()
        let intent = try await world.paid(with: "pm_card_authenticationRequired")
        #expect(intent.status == .requiresAction)
        #expect(intent.nextAction?.type == "redirect_to_url")
        #expect(intent.nextAction?.redirectURL?.reveal().hasPrefix("http") == true)
        #expect(intent.amountReceived == .zero(.jpy))
        let cancelled = try await world.client.cancelPaymentIntent(
            intent.id, reason: .abandoned, key: world.key()
        ).value
        #expect(cancelled.status == .canceled)
        #expect(cancelled.cancellationReason == .abandoned)
    }

    @Test func `3-D Secure without the customer is a refusal`() async throws {
        let world = World()
        let intent = try await world.intent(redirects: .never)
        let error = try await failure {
            try await world.client.confirmPaymentIntent(
                intent.id, .with("pm_card_authenticationRequired", offSession: true), key: world.key())
        }
        guard case .card(let card) = error else { throw error }
        #expect(card.isAuthenticationRequired)
        #expect(try await world.client.retrievePaymentIntent(intent.id).value.status == .requiresPaymentMethod)
    }

    @Test func `an intent is changed until it is paid`() async throws {
        let world = World()
        let intent = try await world.intent()
        let changed = try await world.client.updatePaymentIntent(
            intent.id,
            UpdatePaymentIntent(amount: Money(1980, .jpy), metadata: ["order_id": "", "plan": "day"]), key: world.key()
        ).value
        #expect(changed.amount == Money(1980, .jpy))
        #expect(changed.metadata == ["plan": "day"])
    }

    @Test func `an intent that is paid already tells so, and is not counted as a failed attempt`() async throws {
        let world = World()
        let intent = try await world.paid()
        let errors = [
            try await failure {
                try await world.client.confirmPaymentIntent(intent.id, .with("pm_card_visa"), key: world.key())
            },
            try await failure { try await world.client.cancelPaymentIntent(intent.id, key: world.key()) },
        ]
        for error in errors {
            guard case .invalidRequest(let problem) = error else { throw error }
            #expect(problem.code == "payment_intent_unexpected_state")
            #expect(problem.paymentIntent?.status == .succeeded)
            #expect(!error.isDefiniteRefusal)
        }
    }

    @Test func `what Stripe does not take says which parameter it is`() async throws {
        let world = World()
        let small = try await failure { try await world.intent(Money(49, .jpy)) }
        guard case .invalidRequest(let problem) = small else { throw small }
        #expect(problem.code == "amount_too_small")
        #expect(problem.status == 400)
        #expect(small.isDefiniteRefusal)

        let nobody = try await failure { try await world.intent(customer: StripeCustomerID("cus_nobody")) }
        guard case .invalidRequest(let reference) = nobody else { throw nobody }
        #expect(nobody.isResourceMissing)
        #expect(reference.param == "customer")

        let nothing = try await failure {
            try await world.client.retrievePaymentIntent(StripePaymentIntentID("pi_nothing"))
        }
        guard case .invalidRequest(let missing) = nothing else { throw nothing }
        #expect(missing.status == 404)
        #expect(nothing.isResourceMissing)
    }

    @Test func `a wrong key is told apart`() async throws {
        let world = World()
        let error = try await failure {
            try await world.client(secretKey: "sk_test_wrong").retrieveCharge(StripeChargeID("ch_1"))
        }
        #expect(error == .authentication)
    }
}
