internal import HTTP
internal import PageKit

extension FuzzTarget {
    /// Percent-encoding, queries and forms, beside a second reading that goes by bytes.
    static let coding = FuzzTarget("coding", "percent-encoding, queries and forms") {
        { input in
            try CodingProperties.checkForm(input)
            guard let text = String(validating: input, as: UTF8.self) else { return }
            try CodingProperties.checkCoding(text)
            try CodingProperties.checkPairs(text)
        }
    }
}

enum CodingProperties {
    /// What is encoded is plain, and is decoded as what it was; decoding agrees with the second reading.
    static func checkCoding(_ text: String) throws {
        let encoded = PercentCoding.encode(text)
        let isPlain = encoded.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._~%".utf8.contains(byte)
        }
        try hold(isPlain, "encoded as \(encoded)")
        for plusIsSpace in [false, true] {
            let back = PercentCoding.decode(encoded, plusIsSpace: plusIsSpace)
            try hold(back.map { Array($0.utf8) } == Array(text.utf8), "encoded and decoded otherwise: \(encoded)")
            let ours = PercentCoding.decode(text, plusIsSpace: plusIsSpace).map { Array($0.utf8) }
            let second = decoded(Array(text.utf8)[...], plusIsSpace: plusIsSpace)
            try hold(ours == second, "decoded otherwise: \(Array(text.utf8).shown())")
        }
    }

    /// The pairs are those of the second reading, and come back when they are written and read again.
    static func checkPairs(_ text: String) throws {
        let ours = PercentCoding.pairs(text)
        let second = pairs(Array(text.utf8))
        let isSame =
            switch (ours, second) {
            case (nil, nil): true
            case (let ours?, let second?):
                ours.count == second.count
                    && zip(ours, second).allSatisfy { Array($0.name.utf8) == $1.0 && Array($0.value.utf8) == $1.1 }
            default: false
            }
        try hold(isSame, "other pairs in \(Array(text.utf8).shown())")
        guard let ours else { return }
        let written = ours.map { PercentCoding.encode($0.name) + "=" + PercentCoding.encode($0.value) }
        let again = PercentCoding.pairs(written.joined(separator: "&")) ?? []
        try hold(
            again.elementsEqual(ours) { $0.name == $1.name && $0.value == $1.value }, "other pairs when written again")
    }

    /// A form has a field where the second reading has exactly one of the name; only POSTs have forms.
    static func checkForm(_ body: [UInt8]) throws {
        let fields = String(validating: body, as: UTF8.self) == nil ? [] : pairs(body) ?? []
        let form = Form(HTTPRequest("POST", "/", body: body))
        let names = Set(fields.map(\.0))
        for name in names {
            let values = fields.filter { $0.0 == name }.map(\.1)
            let text = String(decoding: name, as: UTF8.self)
            let expected = values.count == 1 ? values[0] : nil
            try hold(form[text].map { Array($0.utf8) } == expected, "the field \(name.shown()) of \(body.shown())")
            let trimmed = form.text(text)
            try hold(trimmed?.isEmpty != true && trimmed?.first?.isWhitespace != true, "a text that is not trimmed")
            try hold(form.lines(text)?.utf8.elementsEqual([0x0D, 0x0A]) != true, "a line's end")
            try hold(Form(HTTPRequest("GET", "/", body: body))[text] == nil, "a GET has a form")
        }
    }

    private static func pairs(_ bytes: [UInt8]) -> [([UInt8], [UInt8])]? {
        var pairs: [([UInt8], [UInt8])] = []
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            let mark = part.firstIndex(of: UInt8(ascii: "="))
            guard let name = decoded(part[..<(mark ?? part.endIndex)], plusIsSpace: true),
                let value = decoded(mark.map { part[($0 + 1)...] } ?? [], plusIsSpace: true)
            else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
        var decoded: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { return nil }
            decoded.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: decoded, as: UTF8.self) == nil ? nil : decoded
    }
}
