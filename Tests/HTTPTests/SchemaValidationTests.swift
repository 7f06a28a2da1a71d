import JSON
import Testing

@Suite struct SchemaValidationTests {
    private func faults(_ schema: Schema, _ text: String) throws -> [String] {
        schema.faults(in: try JSONValue(parsing: text)).map { "\($0.field) \($0.code)" }
    }

    @Test(
        arguments: [
            (Schema.boolean, "true"), (.integer(), "-9223372036854775808"), (.integer(1...3), "3"),
            (.oneOf(["a"]), "\"a\""),
            (.string(length: 2...2), "\"決済\""), (.string(length: 1...1), "\"\\u0085\""),
            (.string(multiline: true), "\"a\\nb\""),
            (.array(.boolean, count: 0...1), "[]"), (.object([.optional("a", .any)]), "{}"),
            (.dictionary(.integer()), "{\"a\":1}"),
            (.nullable(.integer()), "null"), (.nullable(.integer()), "1"), (.either([.boolean, .integer()]), "1"),
            (.any, "[{\"a\":null}]"), (.named("N", .integer()), "1"), (.described(.integer(), "x"), "1"),
            (.money, "{\"amount\":-980,\"currency\":\"jpy\"}"), (.uuid, "\"0193A1B2-0000-7000-8000-00000000000f\""),
            (.time, "\"2026-11-21T04:33:00Z\""), (.time, "\"2026-11-21T04:33:00.123Z\""),
            (.word(length: 1...8, others: "._-"), "\"aZ09._-\""),
            (.string(format: .email), "\"a.b+c@例え.jp\""), (.string(length: 8...9, format: .password), "\"geheim !\""),
        ] as [(Schema, String)])
    func `what fits has no fault`(schema: Schema, text: String) throws {
        #expect(try faults(schema, text) == [])
    }

    @Test(
        arguments: [
            (Schema.boolean, "1", " wrong_type"), (.integer(), "1.0", " wrong_type"),
            (.integer(), "true", " wrong_type"),
            (.integer(1...3), "4", " out_of_range"), (.oneOf(["a"]), "\"A\"", " not_allowed"),
            (.oneOf(["a"]), "null", " wrong_type"),
            (.string(length: 3...4), "\"決済\"", " too_short"), (.string(length: 0...1), "\"決済\"", " too_long"),
            (.string(), "\"a\\nb\"", " malformed"), (.string(), "\"a\\u007f\"", " malformed"),
            (.string(), "1", " wrong_type"),
            (.string(multiline: true), "\"a\\r\"", " malformed"),
            (.word(length: 2...3, others: "-"), "\"a\"", " too_short"),
            (.word(length: 2...3, others: "-"), "\"aaaa\"", " too_long"),
            (.word(length: 2...3, others: "-"), "\"a.b\"", " malformed"),
            (.word(length: 2...3, others: "-"), "\"aä\"", " malformed"),
            (.word(length: 2...3, others: "-"), "12", " wrong_type"),
            (.array(.boolean, count: 1...1), "[]", " out_of_range"),
            (.array(.boolean), "[true,1]", "[1] wrong_type"), (.array(.boolean), "{}", " wrong_type"),
            (.object([.required("a", .any)]), "{}", "a missing"), (.object([]), "{\"b\":1}", "b unknown"),
            (.object([.required("a", .object([.required("b", .boolean)]))]), "{\"a\":{\"b\":1}}", "a.b wrong_type"),
            (.dictionary(.integer()), "{\"a\":\"1\"}", "a wrong_type"),
            (.dictionary(.integer()), "{\"a b\":\"1\"}", "? wrong_type"),
            (.dictionary(.integer()), "[]", " wrong_type"), (.nullable(.integer()), "\"\"", " wrong_type"),
            (.either([.boolean, .integer()]), "\"\"", " wrong_type"),
            (.money, "{\"amount\":9.8,\"currency\":\"jpy\"}", "amount wrong_type"),
            (.money, "{\"amount\":980,\"currency\":\"yen!\"}", "currency too_long"),
            (.uuid, "\"0193a1b2_0000-7000-8000-00000000000f\"", " malformed"),
            (.uuid, "\"0193a1b2\"", " too_short"), (.time, "\"2026-11-21 04:33:00Z\"", " malformed"),
            (.time, "\"2026-02-30T04:33:00Z\"", " malformed"), (.time, "\"2026-11-21T04:33:00+09:00\"", " malformed"),
            (.time, "\"TTTTTTTTTTTTTTTTTTTZ\"", " malformed"), (.string(format: .email), "\"a@b\"", " malformed"),
            (.string(format: .email), "\"a@b@c.d\"", " malformed"),
            (.string(format: .email), "\"a@b..c\"", " malformed"),
            (.string(format: .email), "\"a b@c.d\"", " malformed"), (.string(format: .email), "\"@c.d\"", " malformed"),
            (.string(format: .email), "\"<a@c.d>\"", " malformed"), (.string(format: .email), "\"a@.d\"", " malformed"),
        ] as [(Schema, String, String)])
    func `what does not fit says where and what`(schema: Schema, text: String, fault: String) throws {
        #expect(try faults(schema, text) == [fault])
    }

    @Test func `as many faults are listed as are asked for`() throws {
        let schema = Schema.array(.object([.required("a", .boolean), .required("b", .boolean)]))
        let text = "[" + Array(repeating: "{\"a\":1,\"b\":2,\"c\":3}", count: 50).joined(separator: ",") + "]"
        #expect(schema.faults(in: try JSONValue(parsing: text)).count == 20)
        #expect(schema.faults(in: try JSONValue(parsing: text), errorsMax: 3).count == 3)
    }
}
