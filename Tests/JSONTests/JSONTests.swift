import JSON
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        "null", "true", "-1", "9223372036854775807", "\"決済\"", "[]", "{}", "[1,[2,{\"a\":null}]]",
        "{\"b\":1,\"a\":\"\\\"\\n\\u0001\"}",
    ])
    func `what is written reads back the same`(text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(try JSONValue(parsing: value.bytes()) == value)
        #expect(try JSONValue(parsing: value.bytes(pretty: true)) == value)
        #expect(value.text() == text)
    }

    @Test(arguments: [
        "", "{", "{\"a\":1,\"a\":2}", "9223372036854775808", "\"\\ud800\"", "nul", "[1,]", "{\"a\":1} x", "\"\u{1}\"",
        "'a'", "01", "1e999", "\u{B}1", "1\u{B}", "[\u{C}1]", "{\"a\"\u{C}:1}", "\"\u{C}\"", "[] /**/",
    ])
    func `what is not strict JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test(arguments: ["{\"a\":1}\"", "[]\"x", "1\"", "\"[\"\"", "null \"{}", "{}\"\\\"", "[]\"\n"])
    func `text that does not end is refused behind the value too`(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
    }

    @Test func `nesting is bounded before it is parsed`() throws {
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(throws: JSONError.tooDeep(levelsMax: 64)) { try JSONValue(parsing: deep) }
        let brackets = "\"" + String(repeating: "[", count: 100) + "\""
        #expect(try JSONValue(parsing: brackets).string?.count == 100)
    }

    @Test func `names that only look alike are two members`() throws {
        let object = try JSONValue(parsing: #"{"\u00e9":1,"e\u0301":2}"#)
        #expect(object["\u{e9}"] == 1)
        #expect(object["e\u{301}"] == 2)
        #expect(object == object)
        #expect(object.sorted.object?.count == 2)
        #expect(try object.sorted.bytes() == JSONValue(parsing: #"{"e\u0301":2,"\u00e9":1}"#).sorted.bytes())
        // The Kelvin sign is a K to Swift.
        #expect(try JSONValue(parsing: #"{"\u212A":1}"#)["K"] == nil)
    }

    @Test func `objects keep their order but are compared without it`() throws {
        let one = try JSONValue(parsing: "{\"b\":1,\"a\":2}")
        #expect(one.object?.names == ["b", "a"])
        #expect(one == ["a": 2, "b": 1])
        #expect(one.hashValue == JSONValue(dictionaryLiteral: ("a", 2), ("b", 1)).hashValue)
        #expect(one.sorted.text() == "{\"a\":2,\"b\":1}")
    }
}
