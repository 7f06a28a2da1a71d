import Kernel
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("::", "::"), ("::1", "::1"), ("2001:DB8::A", "2001:db8::a"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("fe80::", "fe80::"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"),
        ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
    ])
    func `an address is read and written in one way`(text: String, written: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == written)
        #expect(IPAddress(written) == address)
        #expect(address.isIPv4 == !written.contains(":"))
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.0x4", "1.2.3.", ".1.2.3", "1.2.3.4 ", " 1.2.3.4",
        "+1.2.3.4",
        "1.2.3.４", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::12345", "::g",
        "::+1", "::1%eth0", "[::1]", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "localhost",
        "2001:db8::1/64", "1:", ":1", "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    ])
    func `what is not quite an address is none`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `a household is an address of IPv4, and 64 bits of IPv6`() throws {
        let addresses = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"].compactMap {
            IPAddress($0)
        }
        #expect(
            addresses.map(\.household.description) == [
                "192.0.2.1", "192.0.2.2", "2001:db8::", "2001:db8::", "2001:db8:0:1::",
            ])
    }
}

@Suite struct IPNetworkTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"), ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("192.0.2.128/25", "192.0.2.129", "192.0.2.127"), ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
        ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
        ("2001:db8:0:0:8000::/65", "2001:db8::8000:0:0:1", "2001:db8::1"),
        ("::ffff:10.0.0.0/104", "10.1.2.3", "11.1.2.3"), ("0.0.0.0/0", "203.0.113.9", "::1"),
        ("::/0", "::1", "203.0.113.9"),
        ("10.0.0.0/8", "::ffff:10.9.9.9", "::10.9.9.9"), ("fe80::/10", "febf::1", "fec0::1"),
    ])
    func `a range holds what begins as it does`(text: String, inside: String, outside: String) throws {
        let network = try #require(IPNetwork(text))
        let (near, far) = (try #require(IPAddress(inside)), try #require(IPAddress(outside)))
        #expect(network.contains(near))
        #expect(!network.contains(far))
        #expect(IPNetwork(network.description) == network)
    }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/8/8", "10.0.0.0/-1", "10.0.0.0/+8",
        "2001:db8::/129",
        "2001:db8::1/64", "10/8", "::ffff:10.0.0.1/96", "10.0.0.0/255.0.0.0",
    ])
    func `what is not quite a range is none`(text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test func `the machine itself and everybody are known`() throws {
        let own = try ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].map { try #require(IPAddress($0)) }
        for address in own { #expect(IPNetwork.loopback.contains { $0.contains(address) }) }
        #expect(
            ["0.0.0.0/0", "::/0", "0.0.0.0/1", "::/1"].map { IPNetwork($0)?.isEverybody } == [true, true, false, false])
    }
}
