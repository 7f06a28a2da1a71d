private import CJansson

/// Why text is not JSON that we take.
public enum JSONError: Error, Equatable {
    /// Not JSON, or a name twice in one object, a number beyond 64 bits, a lone surrogate; the line and column of it.
    case malformed(line: Int, column: Int)
    /// Nested deeper than the reader allows.
    case tooDeep(levelsMax: Int)
}

extension JSONValue {
    /// Reads UTF-8 JSON with jansson. Strict: names are unique, whole numbers fit 64 bits, text is valid Unicode.
    ///
    /// `levelsMax` bounds the nesting (law 14).
    public init(parsing bytes: [UInt8], levelsMax: Int = 64) throws(JSONError) {
        // The scan comes first, so that jansson's recursion never sees more levels than are allowed.
        guard Self.depth(bytes) <= levelsMax else { throw .tooDeep(levelsMax: levelsMax) }
        var failure = json_error_t()
        let flags = Int(JSON_REJECT_DUPLICATES) | Int(JSON_DECODE_ANY) | Int(JSON_ALLOW_NUL)
        let root = bytes.withUnsafeBytes { buffer in
            json_loadb(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, flags, &failure)
        }
        guard let root else { throw .malformed(line: Int(failure.line), column: Int(failure.column)) }
        defer { kessai_json_decref(root) }
        self = Self.convert(root)
    }

    /// Reads JSON text.
    public init(parsing text: String, levelsMax: Int = 64) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), levelsMax: levelsMax)
    }

    private static func depth(_ bytes: [UInt8]) -> Int {
        var depth = 0
        var deepest = 0
        var inString = false
        var escaped = false
        for byte in bytes {
            if inString {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return deepest
    }

    private static func convert(_ node: UnsafeMutablePointer<json_t>) -> JSONValue {
        switch node.pointee.type {
        case JSON_OBJECT:
            var members: [(name: String, value: JSONValue)] = []
            members.reserveCapacity(json_object_size(node))
            var iterator = json_object_iter(node)
            while let current = iterator {
                if let key = json_object_iter_key(current), let value = json_object_iter_value(current) {
                    members.append((String(cString: key), convert(value)))
                }
                iterator = json_object_iter_next(node, current)
            }
            return .object(JSONObject(uniqueMembers: members))
        case JSON_ARRAY:
            let count = json_array_size(node)
            var elements: [JSONValue] = []
            elements.reserveCapacity(count)
            for index in 0..<count {
                if let element = json_array_get(node, index) { elements.append(convert(element)) }
            }
            return .array(elements)
        case JSON_STRING:
            let buffer = UnsafeBufferPointer(start: json_string_value(node), count: json_string_length(node))
            return .string(buffer.withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) })
        case JSON_INTEGER: return .int(json_integer_value(node))
        case JSON_REAL: return .double(json_real_value(node))
        case JSON_TRUE: return .bool(true)
        case JSON_FALSE: return .bool(false)
        default: return .null
        }
    }
}
