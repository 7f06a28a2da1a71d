import Kernel
import Payments
import Testing

/// GEN-10: a number is the order's number, a UUID its id.
@Suite struct OrderReferenceTests {
    private static let uuid = "019aa000-0000-7000-8000-00000000000a"

    @Test(
        arguments: [
            (uuid, .id(OrderID(uuid))), ("019AA000-0000-7000-8000-00000000000A", .id(OrderID(uuid))), ("1", .number(1)),
            ("007", .number(7)), ("9223372036854775807", .number(.max)),
        ] as [(String, OrderReference)])
    func `a name of an order is read`(text: String, reference: OrderReference) {
        #expect(OrderReference(text) == reference)
    }

    @Test(arguments: [
        "", "0", "-1", "+1", " 1", "1 ", "1.0", "1e3", "９", "9223372036854775808", "pi_1",
        "019aa000-0000-7000-8000-00000000000", "019aa000-0000-7000-8000-00000000000g",
        "019aa00000007000800000000000000a", "{019aa000-0000-7000-8000-00000000000a}", "1;DROP TABLE orders",
    ])
    func `anything else names no order`(text: String) {
        #expect(OrderReference(text) == nil)
    }
}
