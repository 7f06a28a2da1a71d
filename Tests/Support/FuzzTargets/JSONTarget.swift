private import Foundation
internal import JSON

extension FuzzTarget {
    /// JSON: what is read is what two other readings read, and what is printed reads back as the same.
    static let json = FuzzTarget("json", "JSON as bodies and tokens have it") {
        { input in try JSONProperties.check(input, levelsMax: 64) }
    }
}

enum JSONProperties {
    static func check(_ input: [UInt8], levelsMax: Int) throws {
        let taken: Result<JSONValue, JSONError> = Result { () throws(JSONError) in
            try JSONValue(parsing: input, levelsMax: levelsMax)
        }
        let second = Result { () throws(JSONReading.Refusal) in try JSONReading.check(input, levelsMax: levelsMax) }
        switch (taken, second) {
        case (.success(let value), .success): try checkPrinting(value, of: input)
        case (.failure(let error), .failure):
            guard case .malformed(_, let line, let column) = error else { break }
            try hold(line >= -1 && column >= -1 && line <= input.count + 1, "a fault at line \(line)")
        case (.success, .failure(let why)): try hold(false, "taken although \(why): \(input.shown())")
        case (.failure(let why), .success): try hold(false, "refused (\(why)) although good: \(input.shown())")
        }
    }

    /// Printed plainly, for people and sorted, a value reads back as the same, and Foundation reads the same in it.
    private static func checkPrinting(_ value: JSONValue, of input: [UInt8]) throws {
        try hold(value == value, "a value is not equal to itself: \(input.shown())")
        let plain = value.bytes()
        for printed in [plain, value.bytes(pretty: true)] {
            let again = try JSONValue(parsing: printed)
            try hold(again == value && again.bytes() == plain, "printed otherwise: \(printed.shown())")
            try hold(again.hashValue == value.hashValue, "an equal value has another hash: \(printed.shown())")
        }
        let sorted = value.sorted
        try hold(sorted == value, "sorting changes it: \(input.shown())")
        try hold(sorted.sorted.bytes() == sorted.bytes(), "sorting twice differs: \(input.shown())")
        try hold(try JSONValue(parsing: sorted.bytes()).sorted.bytes() == sorted.bytes(), "sorted text does not stay")
        let written = Data(markEscaped(plain))
        guard let theirs = try? JSONSerialization.jsonObject(with: written, options: .fragmentsAllowed) else {
            return try hold(false, "Foundation refuses what we print: \(plain.shown())")
        }
        try hold(isSame(value, theirs), "Foundation reads it otherwise: \(plain.shown())")
    }

    /// The same JSON with U+FEFF as an escape: where a text begins with its bytes, Foundation takes them for a mark of
    /// byte order and leaves them out.
    private static func markEscaped(_ json: [UInt8]) -> [UInt8] {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        return Array(
            json.split(separator: mark, omittingEmptySubsequences: false).joined(separator: Array(#"\ufeff"#.utf8)))
    }

    private static func isSame(_ ours: JSONValue, _ theirs: Any) -> Bool {
        switch ours {
        case .null: return theirs is NSNull
        case .bool(let bool): return (theirs as? NSNumber)?.boolValue == bool
        case .int(let int): return (theirs as? NSNumber)?.int64Value == int
        case .double(let double):
            guard let number = theirs as? NSNumber else { return false }
            // What Foundation holds as a decimal it makes a double of by steps that round; its digits are those it read.
            return number.doubleValue == double || Double(number.stringValue) == double
        case .string(let string): return (theirs as? String).map { Array($0.utf8) == Array(string.utf8) } ?? false
        case .array(let array):
            guard let list = theirs as? [Any], list.count == array.count else { return false }
            return zip(array, list).allSatisfy { isSame($0, $1) }
        case .object(let object):
            guard let members = theirs as? [String: Any] else { return false }
            // Foundation's dictionary holds names that differ only in how they are composed for one.
            guard Set(object.names).count == object.count else { return true }
            return members.count == object.count
                && object.members.allSatisfy { member in members[member.name].map { isSame(member.value, $0) } ?? false
                }
        }
    }
}
