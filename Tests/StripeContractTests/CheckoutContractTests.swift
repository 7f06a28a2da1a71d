import Kernel
import KernelTesting
import StripeClient
import StripeSandbox
import Testing

/// Payment pages as client and sandbox read the specification.
@Suite struct CheckoutContractTests {
    private func page(_ changes: (inout CreateCheckoutSession) -> Void = { _ in }) -> CreateCheckoutSession {
        var page = CreateCheckoutSession(
            items: [.init(name: "1日パス", unitAmount: Money(120, .jpy), quantity: 2)],
            successURL: Secret("timekeeper://purchase?token=t&session_id={CHECKOUT_SESSION_ID}"),
            cancelURL: "timekeeper://purchase", clientReferenceID: "o-1", metadata: ["order_id": "o-1"])
        changes(&page)
        return page
    }

    @Test func `a page is made, read, listed and closed`() async throws {
        let world = World()
        let expires = Timestamp(epochSeconds: world.clock.now().epochSeconds + 3600)
        let made = try await world.client.createCheckoutSession(
            page {
                $0.expiresAt = expires
                $0.locale = "ja"
                $0.allowedPaymentMethodTypes = ["card"]
            }, key: world.key()
        ).value
        #expect(made.status == .open)
        #expect(made.paymentStatus == .unpaid)
        #expect(made.amountTotal == Money(240, .jpy))
        #expect(made.clientReferenceID == "o-1")
        #expect(made.metadata == ["order_id": "o-1"])
        #expect(made.expiresAt == expires)
        #expect(made.url != nil)
        #expect(made.paymentIntent == nil)
        #expect(!made.livemode)
        let read = try await world.client.retrieveCheckoutSession(made.id, expand: ["payment_intent"]).value
        #expect(read == made)
        let created = StripeCreated(from: made.created, before: made.created.adding(.seconds(1)))
        let listed = try await world.client.listCheckoutSessions(status: .open, created: created).value.data
        #expect(listed == [made])
        let closed = try await world.client.expireCheckoutSession(made.id, key: world.key()).value
        #expect(closed.status == .expired)
        #expect(closed.url == nil)
        let none = try await world.client.listCheckoutSessions(status: .open).value.data
        #expect(none.isEmpty)
    }

    @Test func `the same key makes one page`() async throws {
        let world = World()
        let key = world.key()
        let first = try await world.client.createCheckoutSession(page(), key: key)
        let again = try await world.client.createCheckoutSession(page(), key: key)
        #expect(again.value == first.value)
        #expect(again.replayed)
    }

    @Test func `a page that is over cannot be closed again, and says so`() async throws {
        let world = World()
        let made = try await world.client.createCheckoutSession(page(), key: world.key()).value
        _ = try await world.client.expireCheckoutSession(made.id, key: world.key())
        let error = try await failure { try await world.client.expireCheckoutSession(made.id, key: world.key()) }
        guard case .invalidRequest = error else { throw error }
    }

    @Test func `a total below Stripe's least is a definite refusal`() async throws {
        let world = World()
        let error = try await failure {
            try await world.client.createCheckoutSession(
                page { $0.items = [.init(name: "安", unitAmount: Money(49, .jpy), quantity: 1)] }, key: world.key())
        }
        #expect(error.isDefiniteRefusal)
    }

    @Test func `a page of 2024-06-20 is read too`() async throws {
        let world = World(accountVersion: "2024-06-20")
        let client = world.client(version: "2024-06-20")
        let made = try await client.createCheckoutSession(page(), key: world.key()).value
        #expect(made.status == .open)
        #expect(made.amountTotal == Money(240, .jpy))
    }

    @Test func `where the buyer comes out is in no print`() {
        #expect(!"\(page())".contains("token=t"))
    }
}
