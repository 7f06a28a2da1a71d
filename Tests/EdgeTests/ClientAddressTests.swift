import Testing

@testable import Edge

@Suite struct ClientAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "::ffff:192.0.2.1"), ("192.0.2.1", "::ffff:c000:201"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"), ("2001:db8:1:2:3:4:5:6", "2001:0DB8:0001:0002::"),
        ("2001:db8::1", "2001:db8::2"), ("fe80::1%eth0", "fe80::2"), ("::1", "::2"), ("2001:db8:0:0:1::", "2001:db8::"),
    ])
    func `one subscriber's addresses are one`(one: String, other: String) {
        #expect(ClientAddress(one) == ClientAddress(other))
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.2"), ("2001:db8:1:2::1", "2001:db8:1:3::1"), ("1.2.3.4", "1.2.34"), ("", "::1"),
        ("::1", "0.0.0.1"), ("2001:db8::1", "2001:db9::1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7"),
        ("1:2:3:4::", "1:2:3:4:5:6:7:8:9"), ("1.2.3.256", "1.2.3.0"), ("::ffff:1.2.3.4", "::1.2.3.4"),
        ("1:2:3:4::", "1:2:3:4:::"), ("1::2::3", "1::2"), ("+1::", "1::"), ("1.2.3.4", " 1.2.3.4"), ("unix", ""),
    ])
    func `others are others, and what is no address is itself`(one: String, other: String) {
        #expect(ClientAddress(one) != ClientAddress(other))
        #expect(ClientAddress(one) == ClientAddress(one))
    }
}
