import Kernel
import StripeClient
import Testing

@Suite struct StripeIdentifierTests {
    private enum Order {}

    @Test func `a key names the thing, the purpose and the attempt`() {
        let order = ID<Order>("0190b0c8-0000-7000-8000-000000000001")
        let first = StripeIdempotencyKey(order, purpose: "pay", attempt: 1)
        #expect(first.rawValue == "0190b0c8-0000-7000-8000-000000000001:pay:1")
        #expect(first == StripeIdempotencyKey(order, purpose: "pay", attempt: 1))
        #expect(first != StripeIdempotencyKey(order, purpose: "pay", attempt: 2))
        #expect(first != StripeIdempotencyKey(order, purpose: "refund", attempt: 1))
    }

    @Test func `a key that would be too long is sent as its digest, and stays its own`() {
        let long = String(repeating: "x", count: 300)
        let one = StripeIdempotencyKey(ID<Order>(long), purpose: "pay", attempt: 1)
        let two = StripeIdempotencyKey(ID<Order>(long), purpose: "pay", attempt: 2)
        #expect(one.rawValue.utf8.count == 71)
        #expect(one.rawValue.hasPrefix("sha256:"))
        #expect(one != two)
        #expect(StripeIdempotencyKey(ID<Order>("注文"), purpose: "pay", attempt: 1).rawValue.hasPrefix("sha256:"))
    }

    @Test(arguments: [
        ("", false), ("k", true), (String(repeating: "k", count: 255), true),
        (String(repeating: "k", count: 256), false), ("a b", false), ("a\r\nX: y", false), ("鍵", false),
    ]) func `a key is printable ASCII of at most 255 characters`(text: String, fits: Bool) {
        #expect((StripeIdempotencyKey(text) != nil) == fits)
    }

    @Test(arguments: [
        ("pi_3PgafyB7WZ01zgkW", true), ("", false), ("pi_1/../x", false), ("pi 1", false), ("pi_１", false),
        (String(repeating: "x", count: 255), true), (String(repeating: "x", count: 256), false),
    ]) func `an id from a stranger is letters, digits, and two marks`(text: String, fits: Bool) {
        #expect((StripePaymentIntentID(untrusted: text) != nil) == fits)
    }

    @Test(arguments: [(-5, 1), (0, 1), (1, 1), (100, 100), (101, 100), (Int.max, 100)])
    func `a page has one to a hundred elements`(asked: Int, given: Int) {
        #expect(StripePage<StripeCharge>(limit: asked).limit == given)
    }
}
