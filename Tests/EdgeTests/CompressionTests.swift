import GzipTesting
import HTTP
import Testing

@Suite struct CompressionTests {
    private static let long = String(repeating: #"{"amount":980,"currency":"jpy"},"#, count: 100)
    private static let gzip: HTTPHeaders = ["Accept-Encoding": "gzip, deflate, br"]
    private let standing = Standing([
        .says("GET", "/json", long), .says("GET", "/small", "{}"), .says("GET", "/image", long, type: "image/png"),
        .says("POST", "/made", long), .says("GET", "/fixed", long, isFixed: true),
        .says("GET", "/page", long, type: "text/html; charset=utf-8", listed: false, door: Standing.Door()),
        .says("GET", "/file", long, type: "text/csv; charset=utf-8", door: Standing.Door(), mayCompress: true),
        .says("GET", "/tagged", long, headers: ["ETag": "\"abc\"", "Vary": "Cookie"]),
        .says("GET", "/weak", long, headers: ["ETag": "W/\"abc\"", "Vary": "accept-encoding"]),
        .says("GET", "/coded", long, headers: ["Content-Encoding": "br"]), .says("GET", "/empty", ""),
        Route("GET", "/partial", "Part.", tag: "Test", access: .everyone, answers: []) { _ in .text(long, status: 206)
        },
        Route("GET", "/wrong", "Wrong.", tag: "Test", access: .everyone, answers: []) { _ in
            throw Problem(status: 409, code: "wrong", detail: long)
        },
    ])

    private func isCompressed(_ path: String, _ headers: HTTPHeaders = gzip, method: String = "GET") async -> Bool {
        await standing.answer(method, path, headers).response.headers["Content-Encoding"] == "gzip"
    }

    @Test(arguments: ["/json", "/fixed", "/file"])
    func `long text is compressed for who takes it, and comes back whole`(path: String) async throws {
        // Twice, as what is fixed is kept.
        for _ in 0..<2 {
            let answer = await standing.answer("GET", path, Self.gzip).response
            #expect(answer.headers["Content-Encoding"] == "gzip")
            #expect(answer.headers["Vary"] == "Accept-Encoding")
            #expect(answer.body.count < Self.long.utf8.count / 10)
            #expect(gunzip(answer.body) == Array(Self.long.utf8))
        }
        let plain = await standing.answer("GET", path).response
        #expect(plain.headers["Content-Encoding"] == nil)
        #expect(plain.headers["Vary"] == "Accept-Encoding")
        #expect(plain.body == Array(Self.long.utf8))
    }

    @Test func `HEAD is told what GET would be`() async {
        let get = await standing.answer("GET", "/json", Self.gzip).response
        let head = await standing.answer("HEAD", "/json", Self.gzip).response
        #expect(head.headers == get.headers)
        #expect(head.body.count == get.body.count)
    }

    /// BREACH: what a cookie opens, or a POST hands out, may hold a secret beside words of the sender's choice.
    @Test func `pages behind a door and answers of POST are never compressed`() async {
        #expect(await !isCompressed("/page"))
        #expect(await !isCompressed("/made", method: "POST"))
        #expect(await standing.answer("GET", "/page", Self.gzip).response.headers["Vary"] == nil)
        #expect(await !isCompressed("/page", ["Accept-Encoding": "gzip, identity;q=0"]))
    }

    @Test(arguments: ["/small", "/image", "/empty", "/partial", "/wrong"])
    func `what is small, not text, or no plain 200 is sent as it is`(path: String) async {
        #expect(await !isCompressed(path))
    }

    @Test func `who refuses it uncompressed gets small answers compressed too`() async {
        let answer = await standing.answer("GET", "/small", ["Accept-Encoding": "gzip, identity;q=0"]).response
        #expect(answer.headers["Content-Encoding"] == "gzip")
        #expect(gunzip(answer.body) == Array("{}".utf8))
        // Who takes neither gets the answer all the same: it is never withheld.
        let other = await standing.answer("GET", "/json", ["Accept-Encoding": "br, identity;q=0"]).response
        #expect(other.status == 200)
        #expect(other.body == Array(Self.long.utf8))
    }

    @Test func `a tag becomes weak, and what the answer depends on is kept`() async {
        let tagged = await standing.answer("GET", "/tagged", Self.gzip).response
        #expect(tagged.headers["ETag"] == "W/\"abc\"")
        #expect(tagged.headers["Vary"] == "Cookie, Accept-Encoding")
        let weak = await standing.answer("GET", "/weak", Self.gzip).response
        #expect(weak.headers["ETag"] == "W/\"abc\"")
        #expect(weak.headers["Vary"] == "accept-encoding")
        #expect(await standing.answer("GET", "/tagged").response.headers["ETag"] == "\"abc\"")
    }

    @Test func `what is coded already is left alone`() async {
        let answer = await standing.answer("GET", "/coded", Self.gzip).response
        #expect(answer.headers["Content-Encoding"] == "br")
        #expect(answer.body == Array(Self.long.utf8))
    }
}
