import Kernel
import KernelTesting
import StripeClient
import StripeSandbox
import Testing

@Suite struct RefundContractTests {
    @Test func `a part is given back, then the rest, then nothing more`() async throws {
        let world = World()
        let intent = try await world.paid()
        let part = try await world.client.createRefund(
            CreateRefund(
                .paymentIntent(intent.id), amount: Money(300, .jpy), reason: .requestedByCustomer,
                metadata: ["order_id": "o-1"]),
            key: world.key()
        ).value
        #expect(part.status == .succeeded)
        #expect(part.amount == Money(300, .jpy))
        #expect(part.reason == .requestedByCustomer)
        #expect(part.paymentIntent == intent.id)
        #expect(part.metadata == ["order_id": "o-1"])
        let chargeID = try #require(intent.latestCharge)
        var charge = try await world.client.retrieveCharge(chargeID).value
        #expect(charge.amountRefunded == Money(300, .jpy))
        #expect(!charge.refunded)

        let rest = try await world.client.createRefund(CreateRefund(.charge(chargeID)), key: world.key()).value
        #expect(rest.amount == Money(680, .jpy))
        charge = try await world.client.retrieveCharge(chargeID).value
        #expect(charge.amountRefunded == Money(980, .jpy))
        #expect(charge.refunded)
        #expect(try await world.client.retrieveRefund(rest.id).value == rest)
        let listed = try await world.client.listRefunds(paymentIntent: intent.id).value.data
        #expect(Set(listed.map(\.id)) == [part.id, rest.id])
        #expect(try await world.client.listRefunds(charge: chargeID).value.data.count == 2)

        let again = try await failure {
            try await world.client.createRefund(CreateRefund(.paymentIntent(intent.id)), key: world.key())
        }
        guard case .invalidRequest(let problem) = again else { throw again }
        #expect(problem.code == "charge_already_refunded")
        #expect(!again.isDefiniteRefusal)
        #expect(try await world.client.retrievePaymentIntent(intent.id).value.status == .succeeded)
    }

    @Test func `more than was paid is not given back`() async throws {
        let world = World()
        let intent = try await world.paid()
        let error = try await failure {
            try await world.client.createRefund(
                CreateRefund(.paymentIntent(intent.id), amount: Money(981, .jpy)), key: world.key())
        }
        guard case .invalidRequest = error else { throw error }
        #expect(error.isDefiniteRefusal)
        #expect(try await world.client.listRefunds(paymentIntent: intent.id).value.data.isEmpty)
    }

    @Test func `a refund that waits, and one that comes back, are told as they are`() async throws {
        let world = World()
        let waiting = try await world.paid(with: "pm_card_pendingRefund")
        let pending = try await world.client.createRefund(
            CreateRefund(.paymentIntent(waiting.id)), key: world.key()
        ).value
        #expect(pending.status == .pending)
        let failing = try await world.paid(with: "pm_card_refundFail")
        let refund = try await world.client.createRefund(
            CreateRefund(.paymentIntent(failing.id)), key: world.key()
        ).value
        world.clock.advance(by: .seconds(3600))
        #expect(try await world.client.retrieveRefund(pending.id).value.status == .succeeded)
        let failed = try await world.client.retrieveRefund(refund.id).value
        #expect(failed.status == .failed)
        #expect(failed.failureReason != nil)
    }

    @Test func `a refund is done once under one key`() async throws {
        let world = World()
        let intent = try await world.paid()
        let key = world.key("refund")
        let refund = CreateRefund(.paymentIntent(intent.id), amount: Money(100, .jpy))
        let first = try await world.client.createRefund(refund, key: key)
        let second = try await world.client.createRefund(refund, key: key)
        #expect(!first.replayed)
        #expect(second.replayed)
        #expect(first.value == second.value)
        #expect(try await world.client.listRefunds(paymentIntent: intent.id).value.data.count == 1)
    }

    @Test func `a dispute is read with its charge and its intent`() async throws {
        let world = World()
        let intent = try await world.paid(with: "pm_card_createDispute")
        world.clock.advance(by: .seconds(60))
        let disputes = try await world.client.listDisputes(paymentIntent: intent.id).value.data
        let dispute = try #require(disputes.first)
        #expect(dispute.charge == intent.latestCharge)
        #expect(dispute.paymentIntent == intent.id)
        #expect(dispute.amount == Money(980, .jpy))
        #expect(dispute.reason == "fraudulent")
        #expect(dispute.status == .needsResponse)
        #expect(try await world.client.retrieveDispute(dispute.id).value == dispute)
        #expect(try await world.client.retrieveCharge(dispute.charge).value.disputed)
    }
}
