import JSON
import Kernel
import StripeClient
import Testing

/// What is not taken: money that is no whole number, and objects without what we rely on.
@Suite struct StripeShapeTests {
    private func intent(_ field: String, _ value: JSONValue?) throws -> StripePaymentIntent {
        var object = try #require(Sample.intent.object)
        object[field] = value
        return try StripePaymentIntent(json: .object(object))
    }

    private func problem(_ field: String, _ problem: StripeShapeError.Problem) -> StripeShapeError {
        StripeShapeError(object: "payment_intent", field: field, problem: problem)
    }

    @Test(arguments: ["id", "status", "amount", "currency", "created"])
    func `what we rely on must be there`(field: String) {
        #expect(throws: problem(field, .missing)) { try intent(field, nil) }
        #expect(throws: problem(field, .missing)) { try intent(field, .null) }
    }

    @Test(arguments: [.double(980), .double(9.8), .string("980"), .bool(true), ["minor": 980]] as [JSONValue])
    func `law 9, only a whole number is money`(value: JSONValue) {
        #expect(throws: problem("amount", .wrongType)) { try intent("amount", value) }
        #expect(throws: problem("amount_received", .wrongType)) { try intent("amount_received", value) }
    }

    @Test(arguments: [Int64.max, Int64.min, 0, -1]) func `a whole number comes as it is`(amount: Int64) throws {
        #expect(try intent("amount", .int(amount)).amount.amountMinor == amount)
    }

    @Test func `a number beyond 64 bits is not read as another one`() {
        let text = #"{"id":"pi_1","status":"succeeded","amount":9223372036854775808,"currency":"jpy","created":1}"#
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test(arguments: ["", "yen", "JPY!", "jp"]) func `a currency is three letters`(code: String) throws {
        if code == "yen" {
            #expect(try intent("currency", .string(code)).currency.code == "yen")
        } else {
            #expect(throws: problem("currency", .wrongType)) { try intent("currency", .string(code)) }
        }
    }

    @Test func `an upper-case currency is the same currency`() throws {
        #expect(try intent("currency", "JPY").currency == .jpy)
    }

    @Test(arguments: ["customer", "latest_charge", "invoice", "payment_method"])
    func `a link is an id, an object with one, or nothing`(field: String) throws {
        _ = try intent(field, nil)
        _ = try intent(field, .null)
        _ = try intent(field, "")
        _ = try intent(field, "x_1")
        #expect(throws: problem(field, .wrongType)) { try intent(field, 5) }
        #expect(throws: problem(field, .wrongType)) { try intent(field, ["no": "id"]) }
    }

    @Test func `metadata is text by text`() throws {
        #expect(try intent("metadata", nil).metadata.isEmpty)
        #expect(try intent("metadata", .null).metadata.isEmpty)
        #expect(throws: problem("metadata", .wrongType)) { try intent("metadata", ["k": 1]) }
        #expect(throws: problem("metadata", .wrongType)) { try intent("metadata", []) }
    }

    @Test func `another object is not taken for an intent`() {
        #expect(throws: problem("object", .wrongType)) { try intent("object", "charge") }
    }

    @Test func `a list whose elements cannot be read is refused whole`() {
        #expect(throws: StripeShapeError.self) {
            try StripeList<StripeCharge>(json: Sample.list(Sample.charge, ["id": "ch_2"]))
        }
        #expect(throws: StripeShapeError(object: "list", field: "data", problem: .missing)) {
            try StripeList<StripeCharge>(json: [:])
        }
        #expect(throws: StripeShapeError(object: "list", field: "data", problem: .wrongType)) {
            try StripeList<StripeCharge>(json: ["data": "x"])
        }
    }

    @Test func `a list knows the page behind it`() throws {
        let more = try StripeList<StripeCharge>(json: ["data": [Sample.charge], "has_more": true])
        #expect(more.next(limit: 50) == StripePage(limit: 50, startingAfter: StripeChargeID("ch_1")))
        let last = try StripeList<StripeCharge>(json: ["data": [Sample.charge], "has_more": false])
        #expect(last.next() == nil)
    }

    @Test func `a refund needs no status, as Stripe's list allows`() throws {
        var object = try #require(Sample.refund.object)
        object["status"] = .null
        #expect(try StripeRefund(json: .object(object)).status == nil)
    }

    @Test func `a dispute needs its charge`() {
        #expect(throws: StripeShapeError(object: "dispute", field: "charge", problem: .missing)) {
            try StripeDispute(json: ["id": "dp_1", "charge": nil])
        }
    }

    @Test func `an error of shape names the field and never its value`() {
        #expect("\(problem("amount", .wrongType))" == "payment_intent.amount has another type")
        #expect("\(problem("", .notJSON))" == "payment_intent is not JSON")
    }
}
