import HTTP
import Kernel
import Testing

@Suite struct TrustedProxiesTests {
    private static let proxies = TrustedProxies(
        ["10.0.0.0/8", "2001:db8:1::/48", "127.0.0.1"].compactMap { IPNetwork($0) })

    private func origin(
        _ peer: String, _ headers: HTTPHeaders, field: TrustedProxies.Field = .xForwardedFor, isEncrypted: Bool = false
    ) throws -> String {
        var proxies = Self.proxies
        proxies.field = field
        let origin = proxies.origin(of: try #require(IPAddress(peer)), isEncrypted: isEncrypted, headers: headers)
        return "\(origin.address)\(origin.isEncrypted ? " encrypted" : "")"
    }

    @Test(arguments: [
        // Who is no proxy speaks for nobody.
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"), ("2001:db8:2::1", "198.51.100.1", "2001:db8:2::1"),
        // The client of one proxy, of two, and of one that is told what the client made up.
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"), ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"), ("10.0.0.1", "10.9.9.9, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1,10.0.0.3 ,\t10.0.0.2", "198.51.100.1"),
        // IPv6, ports, and IPv4 written in IPv6.
        ("2001:db8:1::7", "2001:db8:2::1", "2001:db8:2::1"), ("10.0.0.1", "[2001:db8:2::1]:4711", "2001:db8:2::1"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"), ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, ::ffff:10.0.0.9", "198.51.100.1"),
        // Only proxies: the furthest of them asks.
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"), ("10.0.0.1", "10.0.0.1", "10.0.0.1"),
        // What cannot be read ends the search where it still could.
        ("10.0.0.1", "unknown", "10.0.0.1"), ("10.0.0.1", "198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"), ("10.0.0.1", "198.51.100.1,", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1 1.1.1.1", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1:", "10.0.0.1"), ("10.0.0.1", "[198.51.100.1]", "10.0.0.1"),
        ("10.0.0.1", "[2001:db8:2::1", "10.0.0.1"), ("10.0.0.1", "[2001:db8:2::1]x", "10.0.0.1"),
        ("10.0.0.1", "0198.51.100.1", "10.0.0.1"),
    ])
    func `the last address that is no proxy's is the client`(peer: String, field: String, client: String) throws {
        #expect(try origin(peer, ["X-Forwarded-For": field]) == client)
    }

    @Test func `fields of one name are one list`() throws {
        var headers: HTTPHeaders = ["x-forwarded-for": "1.1.1.1, 198.51.100.1"]
        headers.add("X-FORWARDED-FOR", "10.0.0.2")
        #expect(try origin("10.0.0.1", headers) == "198.51.100.1")
        #expect(try origin("10.0.0.1", [:]) == "10.0.0.1")
    }

    @Test func `a long list is looked at from its end only`() throws {
        let list = ["198.51.100.1"] + (0..<40).map { "10.0.1.\($0)" }
        #expect(try origin("10.0.0.1", ["X-Forwarded-For": list.joined(separator: ", ")]) == "10.0.1.8")
    }

    @Test(arguments: [
        ("https", false, " encrypted"), ("HTTPS", false, " encrypted"), ("http", true, ""),
        ("http, https", false, " encrypted"),
        ("https,http", false, ""), ("ftp", true, " encrypted"), ("ftp", false, ""), ("", false, ""),
    ])
    func `a proxy says whether the client's connection is encrypted`(scheme: String, own: Bool, told: String) throws {
        let headers: HTTPHeaders = ["X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": scheme]
        #expect(try origin("10.0.0.1", headers, isEncrypted: own) == "198.51.100.1\(told)")
        #expect(try origin("10.0.0.1", ["X-Forwarded-Proto": scheme], isEncrypted: own) == "10.0.0.1\(told)")
        // Nobody else does.
        #expect(try origin("203.0.113.9", headers, isEncrypted: own) == "203.0.113.9\(own ? " encrypted" : "")")
    }

    @Test(arguments: [
        ("for=198.51.100.1", "198.51.100.1"), ("For=198.51.100.1;proto=https;by=10.0.0.1", "198.51.100.1 encrypted"),
        ("for=\"[2001:db8:2::1]:4711\"", "2001:db8:2::1"), ("for=\"198.51.100.1:_port\"", "198.51.100.1"),
        ("for=1.1.1.1;proto=https, for=198.51.100.1;proto=http", "198.51.100.1"),
        ("for=198.51.100.1;proto=https, for=10.0.0.2;proto=http", "198.51.100.1 encrypted"),
        ("proto=https; for = 198.51.100.1", "198.51.100.1 encrypted"), ("for=\"198.51\\.100.1\"", "198.51.100.1"),
        ("for=\"1.1.1.1, 2.2.2.2\"", "10.0.0.1"), ("host=\"a,b;c\\\",\";for=198.51.100.1", "198.51.100.1"),
        ("for=_hidden", "10.0.0.1"), ("for=unknown;proto=https", "10.0.0.1 encrypted"), ("198.51.100.1", "10.0.0.1"),
        ("for=198.51.100.1;for=1.1.1.1", "10.0.0.1"), ("for=\"198.51.100.1", "10.0.0.1"),
        ("for=198.51\".100.1", "10.0.0.1"),
        ("for=\"198.51.100.1\\\"", "10.0.0.1"), ("for=\"a\"b\"", "10.0.0.1"), ("", "10.0.0.1"),
    ])
    func `the field of RFC 7239 is read where the proxies write that`(field: String, told: String) throws {
        #expect(try origin("10.0.0.1", ["Forwarded": field], field: .forwarded) == told)
        #expect(try origin("203.0.113.9", ["Forwarded": field], field: .forwarded) == "203.0.113.9")
    }

    @Test func `the field that the proxies do not write is not read`() throws {
        let both: HTTPHeaders = [
            "X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "https", "Forwarded": "for=1.1.1.1",
        ]
        #expect(try origin("10.0.0.1", both) == "198.51.100.1 encrypted")
        #expect(try origin("10.0.0.1", both, field: .forwarded) == "1.1.1.1")
        #expect(try origin("10.0.0.1", ["Forwarded": "for=1.1.1.1;proto=https"]) == "10.0.0.1")
    }

    @Test func `without proxies nobody is believed`() throws {
        let peer = try #require(IPAddress("10.0.0.1"))
        let origin = TrustedProxies().origin(
            of: peer, isEncrypted: false, headers: ["X-Forwarded-For": "1.1.1.1", "X-Forwarded-Proto": "https"])
        #expect(origin == RequestOrigin(address: peer, isEncrypted: false))
    }
}
