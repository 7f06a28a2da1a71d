import HTTP
import JSON
import Kernel
import KernelTesting
import StripeClient
import StripeSandbox
import Testing

/// Lists, searches and versions.
@Suite struct ReadingContractTests {
    @Test func `a list is read page by page, newest first, each element once`() async throws {
        let world = World()
        let customer = try await world.client.createCustomer(CreateCustomer(), key: world.key()).value.id
        var made: [StripePaymentIntentID] = []
        for _ in 0..<25 {
            made.append(try await world.intent(customer: customer).id)
            world.clock.advance(by: .seconds(1))
        }
        _ = try await world.intent()
        var read: [StripePaymentIntentID] = []
        var page: StripePage<StripePaymentIntent>? = StripePage(limit: 10)
        var pages = 0
        while let next = page {
            let list = try await world.client.listPaymentIntents(customer: customer, page: next).value
            read += list.data.map(\.id)
            page = list.next(limit: 10)
            pages += 1
        }
        #expect(read == made.reversed())
        #expect(pages == 3)
        let newer = try await world.client.listPaymentIntents(
            customer: customer, page: StripePage(limit: 3, endingBefore: made[10])
        ).value
        #expect(newer.data.map(\.id) == [made[13], made[12], made[11]])
        #expect(newer.hasMore)
    }

    @Test func `a list is bounded by times of creation`() async throws {
        let world = World()
        let early = try await world.intent().id
        world.clock.advance(by: .seconds(100))
        let from = world.clock.now()
        let middle = try await world.intent().id
        world.clock.advance(by: .seconds(100))
        let before = world.clock.now()
        let late = try await world.intent().id
        let list = try await world.client.listPaymentIntents(created: StripeCreated(from: from, before: before)).value
        #expect(list.data.map(\.id) == [middle])
        #expect(try await world.client.listPaymentIntents().value.data.map(\.id) == [late, middle, early])
    }

    @Test func `customers are made, changed, found by address and by metadata`() async throws {
        let world = World()
        let customer = try await world.client.createCustomer(
            CreateCustomer(
                email: Redacted("hanako@example.jp"), name: Redacted("山田 花子"), description: "Homebiyori User 0190b0c8",
                metadata: ["homebiyori_user_id": "u\"1"]),
            key: world.key()
        ).value
        _ = try await world.client.createCustomer(
            CreateCustomer(email: Redacted("taro@example.jp"), metadata: ["homebiyori_user_id": "u2"]),
            key: world.key())
        #expect(customer.name == Redacted("山田 花子"))
        let changed = try await world.client.updateCustomer(
            customer.id, CreateCustomer(metadata: ["family": "f1"]), key: world.key()
        ).value
        #expect(changed.metadata == ["homebiyori_user_id": "u\"1", "family": "f1"])
        #expect(changed.email == Redacted("hanako@example.jp"))
        #expect(try await world.client.retrieveCustomer(customer.id).value == changed)
        #expect(
            try await world.client.listCustomers(email: Redacted("hanako@example.jp")).value.data.map(\.id)
                == [customer.id])
        world.clock.advance(by: .seconds(120))
        #expect(
            try await world.client.searchCustomers(metadata: "homebiyori_user_id", equals: "u\"1").value.map(\.id)
                == [customer.id])
    }

    @Test func `S0-IDEM-13, an intent is found by the order that it carries`() async throws {
        let world = World()
        let intent = try await world.intent()
        world.clock.advance(by: .seconds(120))
        #expect(
            try await world.client.searchPaymentIntents(metadata: "order_id", equals: "o-1").value.map(\.id)
                == [intent.id])
        #expect(try await world.client.searchPaymentIntents(metadata: "order_id", equals: "o-2").value.isEmpty)
    }

    /// The pinned versions before and after Stripe moved the invoice out of intents and charges.
    @Test(arguments: ["2024-06-20", "2024-12-18.acacia", "2025-03-31.basil", "2026-10-28.endive"])
    func `objects of every version are read alike`(version: String) async throws {
        let world = World()
        let paid = try await world.paid()
        let refund = try await world.client.createRefund(
            CreateRefund(.paymentIntent(paid.id), amount: Money(80, .jpy)), key: world.key()
        ).value
        let other = world.client(version: version)
        #expect(try await other.retrievePaymentIntent(paid.id).value == paid)
        #expect(try await other.retrieveRefund(refund.id).value == refund)
        let charge = try #require(paid.latestCharge)
        #expect(
            try await other.retrieveCharge(charge).value == world.client.retrieveCharge(charge).value)
        let declined = try await world.intent()
        let error = try await failure {
            try await other.confirmPaymentIntent(
                declined.id, .with("pm_card_visa_chargeDeclinedInsufficientFunds"), key: world.key())
        }
        guard case .card(let card) = error else { throw error }
        #expect(card.declineCode == "insufficient_funds")
    }

    @Test(arguments: ["2024-06-20", "2026-10-28.endive"])
    func `events have the account's shape, whatever the request pinned`(accountVersion: String) async throws {
        let world = World(accountVersion: accountVersion)
        let paid = try await world.paid()
        let list = try await world.client.listEvents(
            types: ["payment_intent.created", "payment_intent.succeeded"]).value
        #expect(list.data.map(\.type).sorted() == ["payment_intent.created", "payment_intent.succeeded"])
        let event = try #require(list.data.first { $0.type == "payment_intent.succeeded" })
        #expect(event.apiVersion == accountVersion)
        #expect((event.object.object?["invoice"] != nil) == (accountVersion == "2024-06-20"))
        let intent = try StripePaymentIntent(json: event.object)
        #expect(intent.id == paid.id)
        #expect(intent.status == .succeeded)
        #expect(intent.amountReceived == paid.amountReceived)
        #expect(event.request?.id?.hasPrefix("req_") == true)
        #expect(event.request?.idempotencyKey?.contains(":confirm:") == true)
        #expect(try await world.client.retrieveEvent(event.id).value.object == event.object)
    }
}
