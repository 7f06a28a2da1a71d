import Database
import Testing

@testable import Moving

/// How a column of a page is told to PostgreSQL.
@Suite struct ArrayTextTests {
    @Test func `quotes, backslashes, NULL and bytes`() {
        var texts = ArrayText(.text)
        for value in [.text("a\"b\\c"), .null, .text(""), .blob(Array("NULL".utf8)), .text("{,}")] as [SQLValue] {
            texts.append(value)
        }
        #expect(texts.value == .text(#"{"a\"b\\c",NULL,"","NULL","{,}"}"#))
        var bytes = ArrayText(.bytes)
        for value in [.blob([0, 255, 16]), .blob([]), .null] as [SQLValue] { bytes.append(value) }
        #expect(bytes.value == .text(#"{"\\x00ff10","\\x",NULL}"#))
        var numbers = ArrayText(.integer)
        for value in [.int(.min), .null, .int(.max)] as [SQLValue] { numbers.append(value) }
        #expect(numbers.value == .text("{-9223372036854775808,NULL,9223372036854775807}"))
    }
}
