import HTTP
import JSON
import Testing

@Suite struct PercentCodingTests {
    @Test(arguments: ["", "plain", "a b&c=d/e?f#g%", "決済 ¥980", "\u{0}\u{7f}\r\n", "~-._", "🧾"])
    func `decoding gives back what was encoded`(text: String) {
        let encoded = PercentCoding.encode(text)
        #expect(PercentCoding.decode(encoded) == text)
        #expect(PercentCoding.decode(encoded, plusIsSpace: true) == text)
        #expect(encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
    }

    @Test func `only letters, digits and four marks stay as they are`() {
        #expect(PercentCoding.encode("azAZ09-._~") == "azAZ09-._~")
        #expect(PercentCoding.encode(" +&=/%é") == "%20%2B%26%3D%2F%25%C3%A9")
    }

    @Test(arguments: [
        "%", "%4", "%zz", "%4g", "a%", "%ff", "%c3", "%c3%28", "%ed%a0%80", "%c0%80", "%f5%80%80%80", "%+1",
    ])
    func `a wrong escape is nothing`(text: String) {
        #expect(PercentCoding.decode(text) == nil)
        #expect(PercentCoding.pairs("a=" + text) == nil)
        #expect(PercentCoding.pairs(text + "=a") == nil)
    }

    @Test func `a plus is a space in forms only`() {
        #expect(PercentCoding.decode("a+b%2B") == "a+b+")
        #expect(PercentCoding.decode("a+b%2B", plusIsSpace: true) == "a b+")
    }

    @Test func `pairs keep their order, their repetitions and what is behind the first equals sign`() throws {
        let pairs = try #require(PercentCoding.pairs("b=1&a=2&&b=%33&c&d==e=&=f&+g=h"))
        #expect(pairs.map(\.name) == ["b", "a", "b", "c", "d", "", " g"])
        #expect(pairs.map(\.value) == ["1", "2", "3", "", "=e=", "f", "h"])
        #expect(PercentCoding.pairs("")?.isEmpty == true)
    }

    @Test func `a mark that joins a separator does not hide it`() throws {
        let pairs = try #require(PercentCoding.pairs("a=1&\u{301}b=\u{301}2"))
        #expect(pairs.map(\.name) == ["a", "\u{301}b"])
        #expect(pairs.map(\.value) == ["1", "\u{301}2"])
        #expect(PercentCoding.pairs("a=\r\n&b")?.map(\.value) == ["\r\n", ""])
    }
}

@Suite struct HTTPHeadersTests {
    @Test func `names are compared without case, values with`() {
        var headers: HTTPHeaders = ["Content-Type": "a", "X-Many": "1"]
        #expect(headers["content-TYPE"] == "a")
        #expect(headers["Content-Typ"] == nil)
        headers.add("x-many", "2")
        #expect(headers["X-Many"] == "1")
        #expect(headers.values("X-MANY") == ["1", "2"])
        #expect(headers == ["content-type": "a", "x-MANY": "1", "X-Many": "2"])
        #expect(headers != ["content-type": "A", "x-MANY": "1", "X-Many": "2"])
        #expect(headers != ["Content-Type": "a"])
    }

    @Test func `setting replaces every field of a name, and nil removes them`() {
        var headers: HTTPHeaders = ["A": "1", "B": "2", "a": "3"]
        headers["A"] = "4"
        #expect(headers.all.map(\.name) == ["B", "A"])
        #expect(headers.values("a") == ["4"])
        headers["b"] = nil
        #expect(headers.all.count == 1)
    }

    @Test func `letters beyond ASCII are not folded`() {
        let headers: HTTPHeaders = ["X-\u{c9}": "1"]
        #expect(headers["x-\u{e9}"] == nil)
        #expect(headers["x-\u{c9}"] == "1")
        #expect((["[": "1"] as HTTPHeaders)["{"] == nil)
    }
}

@Suite struct HTTPMessageTests {
    @Test func `a target is taken apart at its first question mark`() {
        let request = HTTPRequest("GET", "/a?b=c?d", headers: ["X": "y"], body: [1])
        #expect(request.head.path == "/a")
        #expect(request.head.query == "b=c?d")
        #expect(request.head.headers["x"] == "y")
        #expect(request.body == [1])
        #expect(HTTPRequest("GET", "/a").head.query == "")
        #expect(HTTPRequest("GET", "").head.path == "")
    }

    @Test func `answers name what they are`() {
        #expect(HTTPResponse.json(["a": 1]).headers["Content-Type"] == "application/json")
        #expect(HTTPResponse.json(["a": 1], status: 201, headers: ["X": "y"]).headers["X"] == "y")
        #expect(HTTPResponse.html("<p>").headers["Content-Type"] == "text/html; charset=utf-8")
        #expect(HTTPResponse.text("é").body == [0xC3, 0xA9])
        #expect(HTTPResponse.connectionBroken.status == 0)
    }
}
