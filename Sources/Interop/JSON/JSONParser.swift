private import CYajl

/// Why text is not JSON that we take.
public enum JSONError: Error, Equatable {
    /// Not JSON, or a name twice in one object, a number beyond 64 bits, a lone surrogate; the line, and the column in
    /// bytes, after which it is seen, both from 1.
    case malformed(JSONFault, line: Int, column: Int)
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
        if let place = JSONStrictness.firstFault(in: bytes) {
            let fault = bytes[place] == UInt8(ascii: "\\") ? JSONFault.loneSurrogate : .controlCharacter
            throw Self.malformed(fault, after: place, of: bytes)
        }
        let refusal = Self.feed(bytes, to: builder)
        if builder.isTooDeep { throw .tooDeep(levelsMax: levelsMax) }
        if let refusal { throw Self.malformed(refusal.fault, after: refusal.place, of: bytes) }
        guard let root = builder.root else { throw Self.malformed(.unfinished, after: bytes.count, of: bytes) }
        self = root
    }

    private static func malformed(_ fault: JSONFault, after count: Int, of bytes: [UInt8]) -> JSONError {
        let before = bytes[..<min(count, bytes.count)]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return .malformed(
            fault, line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: before.count - lineStart + 1)
    }

    /// Reads JSON text.
    public init(parsing text: String, levelsMax: Int = 64) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), levelsMax: levelsMax)
    }

    /// Lets yajl read. Returns what was wrong, and how many bytes yajl had read by then.
    private static func feed(_ bytes: [UInt8], to builder: JSONBuilder) -> (fault: JSONFault, place: Int)? {
        withExtendedLifetime(builder) {
            withUnsafePointer(to: JSONBuilder.callbacks) { callbacks in
                guard let parser = yajl_alloc(callbacks, nil, Unmanaged.passUnretained(builder).toOpaque()) else {
                    return (.grammar, 0)
                }
                defer { yajl_free(parser) }
                return bytes.withUnsafeBufferPointer { buffer in
                    guard yajl_parse(parser, buffer.baseAddress, buffer.count) == yajl_status_ok else {
                        return (fault(of: parser, builder), yajl_get_bytes_consumed(parser))
                    }
                    // A number at the very end is known to be whole only now.
                    guard yajl_complete_parse(parser) == yajl_status_ok else {
                        let isBlank = buffer.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
                        let isOver = builder.root != nil
                        return (builder.fault ?? (isBlank ? .empty : isOver ? .trailing : .unfinished), buffer.count)
                    }
                    // yajl forgives text behind the value that does not end. A quote ends it, and then it is seen; where
                    // there is none, the quote itself is forgiven.
                    let isForgiven = yajl_parse(parser, [UInt8(ascii: "\"")], 1) == yajl_status_ok
                    return isForgiven ? nil : (.trailing, buffer.count)
                }
            }
        }
    }

    /// Why yajl, or the builder, did not go on.
    private static func fault(of parser: yajl_handle, _ builder: JSONBuilder) -> JSONFault {
        if let fault = builder.fault { return fault }
        if builder.root != nil { return .trailing }
        // Without the text, which it could quote, this is one of yajl's fixed sentences.
        guard let words = yajl_get_error(parser, 0, nil, 0) else { return .grammar }
        defer { yajl_free_error(parser, words) }
        let sentence = String(cString: words)
        return yajlWords.first { sentence.contains($0.words) }?.fault ?? .grammar
    }

    /// What yajl says of some faults (yajl 2.1, yajl_lex.c), of which JSON's users should know more than that they are faults.
    private static let yajlWords: [(words: String, fault: JSONFault)] = [
        ("invalid bytes in UTF8", .notUTF8), ("invalid character inside string", .controlCharacter),
        ("occurs before a character which it may not", .escape), ("invalid (non-hex) character", .escape),
    ]
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
