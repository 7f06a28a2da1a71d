import HTTP
import Testing

@testable import Edge

@Suite struct AcceptEncodingTests {
    private func wants(_ field: String?) -> AcceptEncoding {
        AcceptEncoding(field.map { ["Accept-Encoding": $0] } ?? [:])
    }

    @Test(arguments: [
        "gzip", "GZIP", "x-gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.8, *;q=0.1", "*", "deflate, *;q=0.5",
        "gzip;q=0.001", "gzip ; q=1", "gzip;Q=0.5", "identity;q=0.5, gzip;q=0.5", "gzip;q=1.000", "gzip;q=1.",
        "gzip;q=0, x-gzip", "identity;q=0, gzip", " , gzip",
    ])
    func `gzip is sent to who takes it`(field: String) { #expect(wants(field).wantsGzip) }

    @Test(arguments: [
        nil, "", "identity", "br", "gzip;q=0", "gzip;q=0.", "gzip;q=0.000", "*;q=0", "gzip;q=0, *",
        "identity, gzip;q=0.5",
        "gzip;q=2", "gzip;q=-1", "gzip;q=1.001", "gzip;q=0.0001", "gzip;q=.5", "gzip;q=", "gzip;q", "gzip;x=1",
        "gzip;q=0.5;x=1", "gzipped", "gzip;q=nan", "g zip", "*;q=0.1, gzip;q=0",
    ])
    func `gzip is not sent to who does not, nor for what is not understood`(field: String?) {
        #expect(!wants(field).wantsGzip)
    }

    @Test(arguments: [
        ("identity;q=0", true), ("*;q=0", true), ("gzip, *;q=0", true), ("*;q=0, identity;q=0.1", false),
        ("gzip", false),
        ("gzip, identity;q=0.0", true), ("*", false),
    ])
    func `no coding is taken unless it is said not to be`(field: String, refuses: Bool) {
        #expect(wants(field).refusesIdentity == refuses)
    }

    @Test func `several fields are one, and an endless one is cut`() {
        let fields = HTTPHeaders([("Accept-Encoding", "br"), ("accept-encoding", "gzip")])
        #expect(AcceptEncoding(fields).wantsGzip)
        #expect(!wants(String(repeating: "x,", count: 20) + "gzip").wantsGzip)
    }
}
