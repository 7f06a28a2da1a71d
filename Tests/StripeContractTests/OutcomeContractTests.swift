import Kernel
import KernelTesting
import StripeClient
import StripeSandbox
import Testing

/// Laws 2 and 3: whatever befalls an answer, there is one effect, and the client says truly what it knows.
@Suite struct OutcomeContractTests {
    private let world = World()
    private let create = CreatePaymentIntent(amount: Money(980, .jpy), metadata: ["order_id": "o-1"])

    private func intentCount() async throws -> Int {
        try await world.client.listPaymentIntents(page: StripePage(limit: 100)).value.data.count
    }

    @Test func `the same key gives the same answer, and another order's parameters a conflict`() async throws {
        let key = world.key()
        let first = try await world.client.createPaymentIntent(create, key: key)
        let second = try await world.client.createPaymentIntent(create, key: key)
        #expect(!first.replayed)
        #expect(second.replayed)
        #expect(first.value == second.value)
        #expect(first.requestID != second.requestID)
        let other = CreatePaymentIntent(amount: Money(981, .jpy), metadata: ["order_id": "o-1"])
        #expect(
            try await failure { try await world.client.createPaymentIntent(other, key: key) } == .idempotencyConflict)
        #expect(try await intentCount() == 1)
    }

    @Test func `a refusal repeats under its key, and only a new key is a new attempt`() async throws {
        let intent = try await world.intent()
        let key = world.key()
        let declined = ConfirmPaymentIntent.with("pm_card_visa_chargeDeclined")
        let first = try await failure { try await world.client.confirmPaymentIntent(intent.id, declined, key: key) }
        let second = try await failure { try await world.client.confirmPaymentIntent(intent.id, declined, key: key) }
        guard case .card(let one) = first, case .card(let two) = second else { throw second }
        #expect(one.chargeID == two.chargeID)
        #expect(try await world.client.listCharges(paymentIntent: intent.id).value.data.count == 1)
        _ = try await failure { try await world.client.confirmPaymentIntent(intent.id, declined, key: world.key()) }
        #expect(try await world.client.listCharges(paymentIntent: intent.id).value.data.count == 2)
    }

    @Test func `a lost answer is asked for again under the same key, and nothing is done twice`() async throws {
        #expect(world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST")))
        let answer = try await world.client.createPaymentIntent(create, key: world.key())
        #expect(answer.replayed)
        #expect(world.transport.requests.count == 2)
        #expect(try await intentCount() == 1)
    }

    @Test func `a request that was lost on the way is sent again`() async throws {
        #expect(world.sandbox.add(StripeSandboxFault(.dropBefore, method: "POST")))
        let answer = try await world.client.createPaymentIntent(create, key: world.key())
        #expect(!answer.replayed)
        #expect(try await intentCount() == 1)
    }

    @Test(arguments: [StripeSandboxFault.Kind.dropAnswer, .dropBefore])
    func `when no answer comes at all the outcome is unknown, and the same key settles it later`(
        kind: StripeSandboxFault.Kind
    ) async throws {
        let intent = try await world.intent()
        let key = world.key()
        #expect(world.sandbox.add(StripeSandboxFault(kind, method: "POST", times: 3)))
        let error = try await failure {
            try await world.client.confirmPaymentIntent(intent.id, .with("pm_card_visa"), key: key)
        }
        #expect(error == .outcomeUnknown(.connectionLost, requestID: nil))
        #expect(!error.isDefiniteRefusal)
        let answer = try await world.client.confirmPaymentIntent(intent.id, .with("pm_card_visa"), key: key)
        #expect(answer.value.status == .succeeded)
        #expect(answer.replayed == (kind == .dropAnswer))
        #expect(try await world.client.listCharges(paymentIntent: intent.id).value.data.count == 1)
    }

    @Test func `an answer that comes too late leaves the key in use until it is there`() async throws {
        let intent = try await world.intent()
        let key = world.key()
        #expect(world.sandbox.add(StripeSandboxFault(.delay, method: "POST", delay: .seconds(45))))
        let error = try await failure {
            try await world.client.confirmPaymentIntent(intent.id, .with("pm_card_visa"), key: key)
        }
        guard case .outcomeUnknown(.conflict, _) = error else { throw error }
        world.clock.advance(by: .seconds(60))
        let answer = try await world.client.confirmPaymentIntent(intent.id, .with("pm_card_visa"), key: key)
        #expect(answer.value.status == .succeeded)
        #expect(answer.replayed)
        #expect(try await world.client.listCharges(paymentIntent: intent.id).value.data.count == 1)
    }

    @Test func `too many requests: nothing happened, and the same key may come again`() async throws {
        let key = world.key()
        #expect(world.sandbox.add(StripeSandboxFault(.rateLimit, method: "POST")))
        let error = try await failure { try await world.client.createPaymentIntent(create, key: key) }
        #expect(error == .rateLimited)
        #expect(try await intentCount() == 0)
        #expect(try await !world.client.createPaymentIntent(create, key: key).replayed)
    }

    @Test func `a 500 before anything happened is got over by a retry`() async throws {
        #expect(world.sandbox.add(StripeSandboxFault(.serverError, method: "POST")))
        let answer = try await world.client.createPaymentIntent(create, key: world.key())
        #expect(!answer.replayed)
        #expect(try await intentCount() == 1)
    }

    @Test func `a 500 that is stored under the key is settled by reading only`() async throws {
        let intent = try await world.intent()
        let key = world.key()
        #expect(world.sandbox.add(StripeSandboxFault(.serverError, method: "POST", hasEffect: true, isKept: true)))
        for _ in 0..<2 {
            let error = try await failure {
                try await world.client.confirmPaymentIntent(intent.id, .with("pm_card_visa"), key: key)
            }
            guard case .outcomeUnknown(.replayedServerError(status: 500), _) = error else { throw error }
            #expect(!error.isDefiniteRefusal)
        }
        #expect(try await world.client.retrievePaymentIntent(intent.id).value.status == .succeeded)
        #expect(try await world.client.listCharges(paymentIntent: intent.id).value.data.count == 1)
    }

    @Test func `an outage: a read is unavailable, a write unknown, and nothing sent is nothing done`() async throws {
        let key = world.key()
        #expect(world.sandbox.add(StripeSandboxFault(.outage, times: nil)))
        let read = try await failure { try await world.client.retrieveCharge(StripeChargeID("ch_1")) }
        #expect(read == .unavailable(.serverError(status: 503)))
        let write = try await failure { try await world.client.createPaymentIntent(create, key: key) }
        guard case .outcomeUnknown(.serverError(status: 503), _) = write else { throw write }
        world.sandbox.clearFaults()
        #expect(world.sandbox.add(StripeSandboxFault(.outage, times: nil, refusesConnection: true)))
        let refused = try await failure { try await world.client.createPaymentIntent(create, key: key) }
        #expect(refused == .unavailable(.notSent))
        world.sandbox.clearFaults()
        #expect(try await !world.client.createPaymentIntent(create, key: key).replayed)
        #expect(try await intentCount() == 1)
    }

    @Test func `no secret is written by either side`() async throws {
        let intent = try await world.paid()
        let secret = try #require(intent.clientSecret?.reveal())
        for line in world.recorder.lines {
            #expect(!line.json.contains(World.secretKey))
            #expect(!line.json.contains(secret))
        }
    }
}
