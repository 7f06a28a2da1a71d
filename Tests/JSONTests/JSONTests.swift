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

    /// A text, what is wrong with it, and where.
    private static let faults: [(text: String, fault: JSONFault, line: Int, column: Int)] = [
        ("", .empty, 1, 1), (" \n\t", .empty, 2, 2), ("{", .unfinished, 1, 2), ("[1,", .unfinished, 1, 4),
        ("\"a", .unfinished, 1, 3), ("nul", .unfinished, 1, 4), ("-", .unfinished, 1, 2), ("{} x", .trailing, 1, 5),
        ("{}{}", .trailing, 1, 4), ("01", .trailing, 1, 3), ("\"a\nb\"", .controlCharacter, 1, 3),
        ("\"\u{0}\"", .controlCharacter, 1, 2), ("[\"\\x\"]", .escape, 1, 4), ("\"\\u00g0\"", .escape, 1, 6),
        ("[\"\\ud800\"]", .loneSurrogate, 1, 3), ("\"\\ude00\\ud83d\"", .loneSurrogate, 1, 2),
        ("{\"a\":1,\n\"a\":2}", .repeatedName, 2, 7), ("{\"a\":1,\"\\u0061\":2}", .repeatedName, 1, 19),
        ("{\"a\\u0000\":1}", .nulInName, 1, 11), ("[9223372036854775808]", .numberOutOfRange, 1, 21),
        ("1e999", .numberOutOfRange, 1, 6), ("[1,]", .grammar, 1, 5), ("'a'", .grammar, 1, 2),
        ("[NaN]", .grammar, 1, 3),
        ("{a:1}", .grammar, 1, 3), ("[1 /* one */]", .grammar, 1, 4), ("\u{feff}{}", .grammar, 1, 2),
    ]

    @Test(arguments: faults)
    func `what is wrong is told, and where`(text: String, fault: JSONFault, line: Int, column: Int) {
        #expect(throws: JSONError.malformed(fault, line: line, column: column)) { try JSONValue(parsing: text) }
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC0, 0x80, 0x22],
            [0x7B, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x3A, 0x31, 0x7D],
        ] as [[UInt8]])
    func `bytes that are no UTF-8 are told as such`(bytes: [UInt8]) throws {
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        #expect("\(error)".hasSuffix("holds a byte that is not UTF-8"))
    }

    @Test func `the words of a fault quote nothing of the text`() throws {
        #expect(
            "\(JSONError.malformed(.repeatedName, line: 1, column: 8))"
                == "is not strict JSON (line 1, column 8): it has one name twice in an object")
        #expect("\(JSONError.tooDeep(levelsMax: 64))" == "is nested deeper than 64 levels")
        for text in ["{\"zqzq\":1,\"zqzq\":2}", "{\"zqzq\": zqzq}", "zqzq", "[1] zqzq", "\"zqzq", "\"zqzq\\q\""] {
            let error = try #require(throws: JSONError.self) { try JSONValue(parsing: text) }
            #expect(!"\(error)".contains("zq"))
        }
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
