import JSON
import StripeSchemas
import Testing

/// The judge itself: it must find what is wrong, or every other test proves nothing.
@Suite struct SchemaTests {
    private let refund: JSONObject = [
        "id": "re_1", "object": "refund", "amount": 1, "balance_transaction": .null, "charge": "ch_1", "created": 1,
        "currency": "jpy", "customer": .null, "customer_account": .null, "metadata": [:], "payment_intent": .null,
        "payment_method": .null, "reason": .null, "receipt_number": .null, "source_transfer_reversal": .null,
        "status": "succeeded", "transfer_reversal": .null,
    ]

    @Test func `a right object has no faults in either version`() {
        #expect(StripeSchemas.newest.faults(in: .object(refund), of: "refund") == [])
        var old = refund
        for name in ["customer", "customer_account", "payment_method"] { old[name] = nil }
        #expect(StripeSchemas.old.faults(in: .object(old), of: "refund") == [])
        #expect(StripeSchemas.old.faults(in: .object(refund), of: "refund").contains("$.customer is unknown"))
    }

    @Test(
        arguments: [
            ("amount", nil, "$.amount is missing"), ("amount", "1", "$.amount must be a whole number"),
            ("amount", .null, "$.amount may not be null"), ("object", "charge", "$.object may not be \"charge\""),
            ("colour", "red", "$.colour is unknown"), ("metadata", ["a": 1], "$.metadata.a must be text"),
            ("status", 1, "$.status must be text"), ("charge", ["id": "ch_1"], "$.charge.amount is missing"),
            (
                "destination_details", ["type": "card", "card": ["type": "refund", "x": 1]],
                "$.destination_details.card.x is unknown"
            ),
            ("metadata", [], "$.metadata must be an object"),
        ] as [(String, JSONValue?, String)])
    func `what is wrong is found with its path`(name: String, value: JSONValue?, fault: String) {
        var broken = refund
        broken[name] = value
        #expect(StripeSchemas.newest.faults(in: .object(broken), of: "refund").contains(fault))
    }

    @Test func `a list inside must be whole, its elements too`() {
        let page: JSONValue = ["object": "list", "data": [.object(refund), ["id": "re_2"]], "has_more": false]
        var harmed: JSONObject = ["id": "ch_1", "refunds": page]
        let faults = StripeSchemas.newest.faults(in: .object(harmed), of: "charge", partial: false)
        #expect(faults.contains("$.refunds.url is missing from the list"))
        #expect(faults.contains("$.refunds.data[1].amount is missing"))
        harmed["balance_transaction"] = ["id": "cus_1", "object": "customer", "deleted": true]
        #expect(!StripeSchemas.newest.faults(in: .object(harmed), of: "charge", partial: true).isEmpty)
    }

    @Test func `a kind that is not described is itself a fault`() {
        #expect(StripeSchemas.newest.faults(in: [:], of: "unicorn") == ["$: there is no unicorn in 2026-10-28.endive"])
        #expect(!StripeSchemas.newest.knows("unicorn") && StripeSchemas.newest.knows("charge"))
    }
}
