private import Kernel

extension Schema {
    /// What is wrong with `value`; empty when nothing is. At most `errorsMax` faults are listed.
    public func faults(in value: JSONValue, errorsMax: Int = 20) -> [FieldError] {
        var faults: [FieldError] = []
        check(value, at: "", into: &faults, errorsMax: errorsMax)
        return faults
    }

    private func check(_ value: JSONValue, at path: String, into faults: inout [FieldError], errorsMax: Int) {
        guard faults.count < errorsMax else { return }
        func fault(_ code: String, _ detail: String) {
            faults.append(FieldError(field: path, code: code, detail: detail))
        }
        func text(_ length: ClosedRange<Int>) -> String? {
            guard let string = value.string else {
                fault("wrong_type", "must be text")
                return nil
            }
            let count = string.unicodeScalars.count
            if count < length.lowerBound { fault("too_short", "must have at least \(length.lowerBound) characters") }
            if count > length.upperBound { fault("too_long", "must have at most \(length.upperBound) characters") }
            return length.contains(count) ? string : nil
        }
        switch self {
        case .any: break
        case .named(_, let schema), .described(let schema, _):
            schema.check(value, at: path, into: &faults, errorsMax: errorsMax)
        case .nullable(let schema):
            if !value.isNull { schema.check(value, at: path, into: &faults, errorsMax: errorsMax) }
        case .boolean: if value.bool == nil { fault("wrong_type", "must be true or false") }
        case .integer(let range):
            guard let int = value.int else { return fault("wrong_type", "must be a whole number") }
            if !range.contains(int) {
                fault("out_of_range", "must be from \(range.lowerBound) to \(range.upperBound)")
            }
        case .oneOf(let words):
            guard let string = value.string else { return fault("wrong_type", "must be text") }
            if !words.contains(string) { fault("not_allowed", "must be one of: \(words.joined(separator: ", "))") }
        case .string(let length, let multiline, let format):
            guard let string = text(length) else { return }
            if string.unicodeScalars.contains(where: { Self.isControl($0) && !(multiline && $0 == "\n") }) {
                return fault("malformed", "must not contain control characters")
            }
            if let format, let detail = format.complaint(about: string) { fault("malformed", detail) }
        case .word(let length, let others):
            guard let string = text(length) else { return }
            if !string.utf8.allSatisfy({ Self.isAlphanumeric($0) || others.utf8.contains($0) }) {
                let signs = others.map { String($0) }.joined(separator: " ")
                fault("malformed", "must have only letters, digits, or any of \(signs)")
            }
        case .array(let element, let count):
            guard let array = value.array else { return fault("wrong_type", "must be a list") }
            if !count.contains(array.count) {
                return fault("out_of_range", "must have \(count.lowerBound) to \(count.upperBound) elements")
            }
            for (index, item) in array.enumerated() {
                element.check(item, at: "\(path)[\(index)]", into: &faults, errorsMax: errorsMax)
            }
        case .dictionary(let schema):
            guard let object = value.object else { return fault("wrong_type", "must be an object") }
            for (name, member) in object.members {
                let shown = Self.shown(name)
                let inner = path.isEmpty ? shown : "\(path).\(shown)"
                schema.check(member, at: inner, into: &faults, errorsMax: errorsMax)
            }
        case .object(let properties):
            guard let object = value.object else { return fault("wrong_type", "must be an object") }
            for property in properties {
                let inner = path.isEmpty ? property.name : "\(path).\(property.name)"
                if let member = object[property.name] {
                    property.schema.check(member, at: inner, into: &faults, errorsMax: errorsMax)
                } else if property.required, faults.count < errorsMax {
                    faults.append(FieldError(field: inner, code: "missing", detail: "is required"))
                }
            }
            for name in object.names where !properties.contains(where: { $0.name == name }) {
                guard faults.count < errorsMax else { return }
                let shown = Self.shown(name)
                let inner = path.isEmpty ? shown : "\(path).\(shown)"
                faults.append(FieldError(field: inner, code: "unknown", detail: "is not a field of this request"))
            }
        case .either(let schemas):
            if !schemas.contains(where: { $0.faults(in: value, errorsMax: 1).isEmpty }) {
                fault("wrong_type", "has none of the allowed forms")
            }
        }
    }

    /// A name is the sender's own text: shown only when it is a plain word.
    private static func shown(_ name: String) -> String {
        let plain = (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        return plain ? name : "?"
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x20 || scalar.value == 0x7F }
}

extension Schema.Format {
    fileprivate func complaint(about string: String) -> String? {
        switch self {
        case .password: return nil
        case .uuid: return Self.isUUID(string) ? nil : "must be a UUID"
        case .dateTime: return Timestamp(rfc3339: string) == nil ? "must be a time in UTC, RFC 3339" : nil
        case .email:
            let parts = string.split(separator: "@", omittingEmptySubsequences: false)
            let good =
                parts.count == 2 && !parts[0].isEmpty && parts[1].contains(".") && !parts[1].hasPrefix(".")
                && !parts[1].hasSuffix(".") && !parts[1].contains("..")
                && !string.contains(where: { $0.isWhitespace || "<>,;:\"()[]\\".contains($0) })
            return good ? nil : "must be an e-mail address"
        }
    }

    private static func isUUID(_ string: String) -> Bool {
        let bytes = Array(string.utf8)
        guard bytes.count == 36 else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            if index == 8 || index == 13 || index == 18 || index == 23 { return byte == UInt8(ascii: "-") }
            return (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
        }
    }
}
