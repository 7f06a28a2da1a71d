import HTTP
import JSON
import Kernel
import StripeClient
import Testing

/// What reconciliation asks for and reads beyond the everyday calls.
@Suite struct StripeReconciliationTests {
    private static let charge: JSONValue = [
        "id": "ch_1", "object": "charge", "amount": 980, "amount_captured": 900, "captured": true, "created": 5,
        "currency": "jpy", "status": "succeeded",
    ]

    @Test func `listed events keep every member that Stripe sent, and are not read any further`() async throws {
        let strange: JSONValue = [
            "id": "evt_1", "object": "event", "created": 7, "type": "charge.refunded", "livemode": "not a boolean",
            "something_new": ["deep": [1, 2]],
        ]
        let bench = Bench([.ok(["object": "list", "data": [strange], "has_more": true])])
        let list = try await bench.client.listEventsWithPayload(
            types: ["charge.refunded"],
            created: StripeCreated(from: Timestamp(epochSeconds: 5), before: Timestamp(epochSeconds: 9)),
            page: StripePage(limit: 100, startingAfter: StripeID("evt_0"))
        ).value
        #expect(list.hasMore)
        let event = try #require(list.data.first)
        #expect(event.id.rawValue == "evt_1")
        #expect(event.created == Timestamp(epochSeconds: 7))
        #expect(try JSONValue(parsing: event.payload) == strange)
        #expect(
            try bench.parameters() == [
                "types[0]": "charge.refunded", "created[gte]": "5", "created[lt]": "9", "limit": "100",
                "starting_after": "evt_0",
            ])
    }

    @Test func `more than twenty types are refused before they are sent`() async {
        let bench = Bench([])
        await #expect(throws: StripeError.self) {
            try await bench.client.listEventsWithPayload(types: Array(repeating: "a.b", count: 21))
        }
        #expect(bench.requests.isEmpty)
    }

    @Test func `refunds and disputes bring their intents when asked to`() async throws {
        let intent: JSONValue = [
            "id": "pi_1", "object": "payment_intent", "amount": 980, "currency": "jpy", "created": 3,
            "status": "succeeded", "metadata": ["order_id": "o1"],
        ]
        let refund: JSONValue = [
            "id": "re_1", "object": "refund", "amount": 80, "currency": "jpy", "created": 5, "payment_intent": intent,
        ]
        let dispute: JSONValue = [
            "id": "dp_1", "object": "dispute", "amount": 980, "currency": "jpy", "created": 5, "charge": "ch_1",
            "status": "lost", "payment_intent": intent, "balance_transactions": [["amount": -980]],
        ]
        let bench = Bench([.ok(Sample.list(refund)), .ok(Sample.list(dispute))])
        let refunds = try await bench.client.listRefunds(expand: ["data.payment_intent"]).value.data
        #expect(refunds.first?.paymentIntent?.rawValue == "pi_1")
        #expect(refunds.first?.expandedPaymentIntent?.metadata == ["order_id": "o1"])
        let disputes = try await bench.client.listDisputes(expand: ["data.payment_intent"]).value.data
        #expect(disputes.first?.expandedPaymentIntent?.id.rawValue == "pi_1")
        #expect(try bench.parameters(0)["expand[0]"] == "data.payment_intent")
        #expect(try bench.parameters(1)["expand[0]"] == "data.payment_intent")
    }

    @Test(
        arguments: [
            ([], false, false), ([-980], true, false), ([-980, 980], true, true), ([980], false, true),
        ] as [([Int64], Bool, Bool)])
    func `a dispute tells what it took and gave back`(moved: [Int64], taken: Bool, given: Bool) throws {
        let dispute = try StripeDispute(json: [
            "id": "dp_1", "object": "dispute", "amount": 980, "currency": "jpy", "created": 5, "charge": "ch_1",
            "status": "won", "balance_transactions": .array(moved.map { ["amount": .int($0)] }),
        ])
        #expect(dispute.isWithdrawn == taken)
        #expect(dispute.isReinstated == given)
        #expect(dispute.expandedPaymentIntent == nil)
    }

    @Test func `what a charge collected: in part, not yet, and where Stripe does not say how much`() throws {
        #expect(try StripeCharge(json: Self.charge).amountCaptured == Money(900, .jpy))
        guard case .object(var object) = Self.charge else { return }
        object["captured"] = false
        object["amount_captured"] = 0
        let authorised = try StripeCharge(json: .object(object))
        #expect(!authorised.captured)
        #expect(authorised.amountCaptured == Money(0, .jpy))
        object["captured"] = true
        object["amount_captured"] = .null
        #expect(try StripeCharge(json: .object(object)).amountCaptured == Money(980, .jpy))
        object["captured"] = false
        #expect(try StripeCharge(json: .object(object)).amountCaptured == Money(0, .jpy))
    }
}
