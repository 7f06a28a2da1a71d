/// A second reading of JSON, written for comparison and from RFC 8259 alone: whether a text is what we take, and nothing
/// else. It shares no code with the first.
struct JSONReading {
    /// Why a text is not taken.
    enum Refusal: Error {
        case malformed
        case tooDeep
    }

    private let bytes: [UInt8]
    private var place = 0
    private let levelsMax: Int

    /// Throws ``Refusal`` unless the bytes are strict JSON: names unique and without NUL, whole numbers of 64 bits, others
    /// finite, text without lone surrogates.
    static func check(_ bytes: [UInt8], levelsMax: Int) throws(Refusal) {
        var reading = JSONReading(bytes: bytes, levelsMax: levelsMax)
        reading.skipBlanks()
        try reading.value(level: 0)
        reading.skipBlanks()
        guard reading.place == bytes.count else { throw .malformed }
    }

    private init(bytes: [UInt8], levelsMax: Int) {
        self.bytes = bytes
        self.levelsMax = levelsMax
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipBlanks() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { place += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        place += 1
        return true
    }

    private mutating func take(_ word: String) throws(Refusal) {
        for byte in word.utf8 { guard take(byte) else { throw .malformed } }
    }

    private mutating func value(level: Int) throws(Refusal) {
        switch next {
        case UInt8(ascii: "{"): try object(level: level + 1)
        case UInt8(ascii: "["): try array(level: level + 1)
        case UInt8(ascii: "\""): _ = try text()
        case UInt8(ascii: "t"): try take("true")
        case UInt8(ascii: "f"): try take("false")
        case UInt8(ascii: "n"): try take("null")
        default: try number()
        }
    }

    private mutating func object(level: Int) throws(Refusal) {
        guard level <= levelsMax else { throw .tooDeep }
        place += 1
        var names: Set<[UInt8]> = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw .malformed }
            let name = try text()
            guard names.insert(name).inserted, !name.contains(0) else { throw .malformed }
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw .malformed }
            skipBlanks()
            try value(level: level)
            skipBlanks()
            if take(UInt8(ascii: "}")) { return }
            guard take(UInt8(ascii: ",")) else { throw .malformed }
        }
    }

    private mutating func array(level: Int) throws(Refusal) {
        guard level <= levelsMax else { throw .tooDeep }
        place += 1
        skipBlanks()
        if take(UInt8(ascii: "]")) { return }
        while true {
            skipBlanks()
            try value(level: level)
            skipBlanks()
            if take(UInt8(ascii: "]")) { return }
            guard take(UInt8(ascii: ",")) else { throw .malformed }
        }
    }

    private mutating func digits() throws(Refusal) {
        let start = place
        while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
        guard place > start else { throw .malformed }
    }

    private mutating func number() throws(Refusal) {
        let start = place
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        let isWhole = next.map { !".eE".utf8.contains($0) } ?? true
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        let fits = isWhole ? Int64(text) != nil : Double(text)?.isFinite == true
        guard fits else { throw .malformed }
    }

    /// The text's bytes, unescaped.
    private mutating func text() throws(Refusal) -> [UInt8] {
        place += 1
        var units: [UInt8] = []
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard String(validating: units, as: UTF8.self) != nil else { throw .malformed }
                return units
            case UInt8(ascii: "\\"): try escape(into: &units)
            case 0..<0x20: throw .malformed
            default: units.append(byte)
            }
        }
        throw .malformed
    }

    private mutating func escape(into units: inout [UInt8]) throws(Refusal) {
        guard let byte = next else { throw .malformed }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(byte)
        case UInt8(ascii: "b"): units.append(0x08)
        case UInt8(ascii: "f"): units.append(0x0C)
        case UInt8(ascii: "n"): units.append(0x0A)
        case UInt8(ascii: "r"): units.append(0x0D)
        case UInt8(ascii: "t"): units.append(0x09)
        case UInt8(ascii: "u"):
            var scalar = try fourDigits()
            if (0xD800...0xDBFF).contains(scalar) {
                try take("\\u")
                let low = try fourDigits()
                guard (0xDC00...0xDFFF).contains(low) else { throw .malformed }
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(scalar) else { throw .malformed }
            units.append(contentsOf: String(Character(scalar)).utf8)
        default: throw .malformed
        }
    }

    private mutating func fourDigits() throws(Refusal) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(UnicodeScalar(byte)).hexDigitValue else { throw .malformed }
            place += 1
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
