import AppTesting
import JSON
import Testing

/// The tests' own reading of JSON Schema finds what is wrong, so that finding nothing means something.
@Suite struct SchemaCheckerTests {
    private static let document: JSONValue = [
        "components": ["schemas": ["Money": ["type": "object", "required": ["amount"], "properties": [:]]]]
    ]

    @Test(
        arguments: [
            (["type": "integer"], "1"), (["type": "integer", "minimum": 2], 1), (["type": "integer", "maximum": 2], 3),
            (["type": "string"], nil), (["type": "string", "minLength": 2], "茶"),
            (["type": "string", "maxLength": 1], "ab"),
            (["type": "string", "format": "uuid"], "no"), (["type": "string", "format": "date-time"], "2026-01-01"),
            (["type": "string", "pattern": "^[^\\x00-\\x1f\\x7f]*$"], "a\nb"), (["enum": ["a"]], "b"),
            (["type": "array", "items": ["type": "integer"]], ["x"]), (["type": "array", "minItems": 1], []),
            (["type": "array", "maxItems": 0], [1]), (["$ref": "#/components/schemas/Money"], [:]),
            (["$ref": "#/components/schemas/Nothing"], [:]), (["anyOf": [["type": "null"], ["type": "boolean"]]], 1),
            (["type": "object", "properties": ["a": ["type": "null"]]], ["a": 1]),
            (["type": "object", "additionalProperties": false], ["a": 1]),
            (["type": "object", "additionalProperties": ["type": "string"]], ["a": 1]), (["unheardOf": 1], 1),
        ] as [(JSONValue, JSONValue)])
    func `what does not fit is found`(schema: JSONValue, value: JSONValue) {
        #expect(SchemaChecker(document: Self.document).faults(in: value, by: schema).count == 1)
    }

    @Test(
        arguments: [
            (["type": "integer", "minimum": 1, "maximum": 1, "format": "int64"], 1), ([:], [1, "a", nil]),
            (["type": "string", "minLength": 1, "maxLength": 1], "茶"),
            (["$ref": "#/components/schemas/Money"], ["amount": 1]),
            (["anyOf": [["type": "null"], ["type": "boolean"]]], nil),
            (["type": "object", "additionalProperties": ["type": "string"]], ["a": "1"]),
            (["type": "string", "format": "date-time"], "2026-11-21T04:33:00.000Z"),
        ] as [(JSONValue, JSONValue)])
    func `what fits is left alone`(schema: JSONValue, value: JSONValue) {
        #expect(SchemaChecker(document: Self.document).faults(in: value, by: schema) == [])
    }
}
