import JSON
import Kernel
import StripeClient
import Testing

@Suite struct StripeEventTests {
    @Test func `S1-DISP-06, the envelope of a payment's event is read whole`() throws {
        let event = try StripeEvent(verified: try SampleFile.bytes("events/payment_intent.succeeded.json"))
        #expect(event.id == StripeEventID("evt_3PgafyB7WZ01zgkW0k1Zx9aQ"))
        #expect(event.apiVersion == "2024-06-20")
        #expect(event.created == Timestamp(epochSeconds: 1_719_792_002))
        #expect(!event.livemode)
        #expect(event.pendingWebhooks == 1)
        #expect(event.request?.id == "req_Yk3pT1Qd5Wz8aB")
        #expect(event.request?.idempotencyKey == "0190b0c8-0000-7000-8000-000000000001:confirm:1")
        #expect(event.type == "payment_intent.succeeded")
        #expect(event.objectType == "payment_intent")
        #expect(event.objectID == "pi_3PgafyB7WZ01zgkW0Order01")
        let intent = try StripePaymentIntent(json: event.object)
        #expect(intent.status == .succeeded)
        #expect(intent.amountReceived == Money(16_500, .jpy))
        #expect(intent.metadata["order_id"] == "0190b0c8-0000-7000-8000-000000000001")
        #expect(intent.invoice == nil)
    }

    @Test func `S1-DISP-07, the invoice of a subscription's event is in its object`() throws {
        let event = try StripeEvent(verified: try SampleFile.bytes("events/invoice.payment_succeeded.json"))
        #expect(event.type == "invoice.payment_succeeded")
        #expect(event.objectType == "invoice")
        #expect(event.object["customer"]?.string == "cus_QXg1o8vcGmoR32")
        #expect(event.object["amount_paid"]?.int == 980)
        #expect(event.request != nil)
        #expect(event.request?.id == nil)
        #expect(event.request?.idempotencyKey == nil)
    }

    @Test func `Stripe's own sample of the newest version is read`() throws {
        let event = try StripeEvent(json: try SampleFile.json("newest/event.json"))
        #expect(event.apiVersion == nil)
        #expect(event.objectType == "plan")
    }

    private func request(_ value: JSONValue?) -> JSONValue {
        var object: JSONObject = ["id": "evt_1", "object": "event", "created": 1, "type": "x.y"]
        object["request"] = value
        return .object(object)
    }

    @Test func `S1-DISP-06, the request may be null, absent, empty, an id, or an id and a key`() throws {
        #expect(try StripeEvent(json: request(nil)).request == nil)
        #expect(try StripeEvent(json: request(.null)).request == nil)
        #expect(try StripeEvent(json: request([:])).request?.id == nil)
        #expect(try StripeEvent(json: request("req_1")).request?.id == "req_1")
        #expect(try StripeEvent(json: request(["id": "req_1", "idempotency_key": "k"])).request?.idempotencyKey == "k")
    }

    @Test(
        arguments: [
            nil, .null, [:], ["object": nil], ["object": [:]], ["object": []], "x",
            ["object": [:], "previous_attributes": nil],
        ] as [JSONValue?])
    func `S1-DISP-07, a missing or empty object is no crash`(data: JSONValue?) throws {
        var object: JSONObject = ["id": "evt_1", "object": "event", "created": 1, "type": "invoice.paid"]
        object["data"] = data
        let event = try StripeEvent(json: .object(object))
        #expect(event.object == [:])
        #expect(event.objectID == nil)
        #expect(event.previousAttributes == nil)
        #expect(event.livemode == false)
        #expect(event.pendingWebhooks == 0)
    }

    @Test func `the old values of what changed are kept`() throws {
        let event = try StripeEvent(json: [
            "id": "evt_1", "object": "event", "created": 1, "type": "customer.subscription.updated",
            "account": "acct_1",
            "data": ["object": ["id": "sub_1"], "previous_attributes": ["status": "trialing"]],
        ])
        #expect(event.previousAttributes?["status"] == "trialing")
        #expect(event.account == "acct_1")
    }

    @Test(arguments: ["id", "created", "type"]) func `an envelope without what we rely on is refused`(field: String)
        throws
    {
        var object = try #require(try SampleFile.json("newest/event.json").object)
        object[field] = nil
        #expect(throws: StripeShapeError(object: "event", field: field, problem: .missing)) {
            try StripeEvent(json: .object(object))
        }
    }

    @Test(arguments: ["", "{", "null", "[]", "\"evt_1\"", #"{"id":"evt_1","id":"evt_2"}"#, "\u{FEFF}{}"])
    func `a body that is no event is refused`(body: String) {
        #expect(throws: StripeShapeError.self) { try StripeEvent(verified: Array(body.utf8)) }
    }

    @Test func `a body nested without end is refused`() {
        let body = Array(repeating: UInt8(ascii: "["), count: 100_000)
        #expect(throws: StripeShapeError(object: "event", field: "", problem: .notJSON)) {
            try StripeEvent(verified: body)
        }
    }
}
