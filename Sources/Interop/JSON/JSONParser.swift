private import CYajl

/// Why text is not JSON that we take.
public enum JSONError: Error, Equatable {
    /// Not JSON, or a name twice in one object, a number beyond 64 bits, a lone surrogate; the line, and the column in
    /// bytes, after which it is seen, both from 1.
    case malformed(line: Int, column: Int)
    /// Nested deeper than the reader allows.
    case tooDeep(levelsMax: Int)
}

extension JSONValue {
    /// Reads UTF-8 JSON with yajl. Strict: names are unique, whole numbers fit 64 bits, text is valid Unicode.
    ///
    /// `levelsMax` bounds the nesting (law 14).
    public init(parsing bytes: [UInt8], levelsMax: Int = 64) throws(JSONError) {
        let builder = JSONBuilder(levelsMax: levelsMax)
        // yajl makes a question mark of a broken surrogate, and passes over blanks that JSON does not have.
        var fault = JSONStrictness.firstFault(in: bytes)
        if fault == nil { fault = Self.feed(bytes, to: builder) }
        if builder.isTooDeep { throw .tooDeep(levelsMax: levelsMax) }
        guard fault == nil, let root = builder.root else {
            let place = bytes[..<min(fault ?? bytes.count, bytes.count)]
            let lineStart = place.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            throw .malformed(
                line: place.count { $0 == UInt8(ascii: "\n") } + 1, column: place.count - lineStart + 1)
        }
        self = root
    }

    /// Reads JSON text.
    public init(parsing text: String, levelsMax: Int = 64) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), levelsMax: levelsMax)
    }

    /// Lets yajl read. Returns how many bytes it had read when something was wrong.
    private static func feed(_ bytes: [UInt8], to builder: JSONBuilder) -> Int? {
        withExtendedLifetime(builder) {
            withUnsafePointer(to: JSONBuilder.callbacks) { callbacks in
                guard let parser = yajl_alloc(callbacks, nil, Unmanaged.passUnretained(builder).toOpaque()) else {
                    return 0
                }
                defer { yajl_free(parser) }
                return bytes.withUnsafeBufferPointer { buffer in
                    guard yajl_parse(parser, buffer.baseAddress, buffer.count) == yajl_status_ok else {
                        return yajl_get_bytes_consumed(parser)
                    }
                    // A number at the very end is known to be whole only now.
                    guard yajl_complete_parse(parser) == yajl_status_ok else { return buffer.count }
                    // yajl forgives text behind the value that does not end. A quote ends it, and then it is seen; where
                    // there is none, the quote itself is forgiven.
                    return yajl_parse(parser, [UInt8(ascii: "\"")], 1) == yajl_status_ok ? nil : buffer.count
                }
            }
        }
    }
}

/// What yajl does not see by itself, and what shows without knowing where text begins and ends.
enum JSONStrictness {
    /// Where one of two things begins, wherever it is; nil when neither is there.
    ///
    /// - An escape of half a character: `\ud83d\ude00` is one character, and a half alone is none.
    /// - A vertical tab or a form feed, which may stand neither in text nor between values.
    static func firstFault(in bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            var index = 0
            while index < bytes.count {
                guard bytes[index] == UInt8(ascii: "\\") else {
                    if bytes[index] == 0x0B || bytes[index] == 0x0C { return index }
                    index += 1
                    continue
                }
                guard let unit = unit(at: index, in: bytes) else {
                    // Another escape, of two bytes, or none at all, which the parser refuses.
                    index += 2
                    continue
                }
                switch unit {
                case 0xD800..<0xDC00:
                    guard let low = self.unit(at: index + 6, in: bytes), (0xDC00..<0xE000).contains(low) else {
                        return index
                    }
                    index += 12
                case 0xDC00..<0xE000: return index
                default: index += 6
                }
            }
            return nil
        }
    }

    /// What `\uXXXX` stands for there, if there is such an escape.
    private static func unit(at index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> UInt16? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var unit: UInt16 = 0
        for byte in bytes[(index + 2)..<(index + 6)] {
            switch byte {
            case 0x30...0x39: unit = unit << 4 | UInt16(byte - 0x30)
            case 0x41...0x46: unit = unit << 4 | UInt16(byte - 0x41 + 10)
            case 0x61...0x66: unit = unit << 4 | UInt16(byte - 0x61 + 10)
            default: return nil
            }
        }
        return unit
    }
}
