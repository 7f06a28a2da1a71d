internal import CYajl

/// Makes a value of what yajl reads, piece by piece.
///
/// Values and names of everything that is still open lie on two stacks; what closes takes its own off them.
final class JSONBuilder {
    private struct Open {
        let firstValue: Int
        let firstName: Int
    }

    private let levelsMax: Int
    private var values: [JSONValue] = []
    private var names: [String] = []
    private var open: [Open] = []
    /// Whether reading stopped at one level too many.
    private(set) var isTooDeep = false
    /// Why reading stopped, where it was not yajl that stopped it.
    private(set) var fault: JSONFault?

    init(levelsMax: Int) {
        self.levelsMax = levelsMax
        values.reserveCapacity(64)
        names.reserveCapacity(64)
        open.reserveCapacity(8)
    }

    /// The whole, once it was read.
    var root: JSONValue? { open.isEmpty && values.count == 1 ? values.first : nil }

    // Every one returns whether to go on.

    private func stop(_ fault: JSONFault) -> Int32 {
        self.fault = fault
        return 0
    }

    private func add(_ value: JSONValue) -> Int32 {
        values.append(value)
        return 1
    }

    /// Text, or nil where yajl let pass what only looks like UTF-8: halves of characters, and too long encodings. Swift puts three
    /// bytes in the place of each of their bytes; that is quicker to see than to validate first.
    private func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.utf8.count == bytes.count ? text : nil
    }

    private func string(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
        text(UnsafeBufferPointer(start: bytes, count: count)).map { add(.string($0)) } ?? stop(.notUTF8)
    }

    private func begin() -> Int32 {
        guard open.count < levelsMax else {
            isTooDeep = true
            return 0
        }
        open.append(Open(firstValue: values.count, firstName: names.count))
        return 1
    }

    private func name(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
        let bytes = UnsafeBufferPointer(start: bytes, count: count)
        guard !bytes.contains(0) else { return stop(.nulInName) }
        guard let name = text(bytes) else { return stop(.notUTF8) }
        names.append(name)
        return 1
    }

    private func endArray() -> Int32 {
        guard let ended = open.popLast() else { return 0 }
        let elements = Array(values[ended.firstValue...])
        values.removeSubrange(ended.firstValue...)
        return add(.array(elements))
    }

    private func endObject() -> Int32 {
        guard let ended = open.popLast(), names.count - ended.firstName == values.count - ended.firstValue
        else { return 0 }
        guard JSONNames.areDistinct(names[ended.firstName...]) else { return stop(.repeatedName) }
        var members: [(name: String, value: JSONValue)] = []
        members.reserveCapacity(names.count - ended.firstName)
        for (name, value) in zip(names[ended.firstName...], values[ended.firstValue...]) {
            members.append((name, value))
        }
        names.removeSubrange(ended.firstName...)
        values.removeSubrange(ended.firstValue...)
        return add(.object(JSONObject(uniqueMembers: members)))
    }

    /// A whole number must fit 64 bits, and any other be finite: nothing is rounded to something else.
    private func number(_ text: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
        let bytes = UnsafeRawBufferPointer(start: text, count: count)
        let isWhole = bytes.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
        let digits = String(decoding: bytes, as: UTF8.self)
        if isWhole { return Int64(digits).map { add(.int($0)) } ?? stop(.numberOutOfRange) }
        guard let double = Double(digits), double.isFinite else { return stop(.numberOutOfRange) }
        return add(.double(double))
    }

    /// What yajl calls, with a builder as its context.
    static let callbacks = yajl_callbacks(
        yajl_null: { of($0).add(.null) }, yajl_boolean: { of($0).add(.bool($1 != 0)) }, yajl_integer: nil,
        yajl_double: nil, yajl_number: { of($0).number($1, $2) },
        yajl_string: { of($0).string($1, $2) },
        yajl_start_map: { of($0).begin() }, yajl_map_key: { of($0).name($1, $2) },
        yajl_end_map: { of($0).endObject() }, yajl_start_array: { of($0).begin() },
        yajl_end_array: { of($0).endArray() })

    private static func of(_ context: UnsafeMutableRawPointer?) -> JSONBuilder {
        guard let context else { preconditionFailure("yajl gives back the context that it got") }
        return Unmanaged<JSONBuilder>.fromOpaque(context).takeUnretainedValue()
    }
}

/// Whether the names of an object are distinct.
enum JSONNames {
    /// Names compared each with each, at most; more go into a set, so that an object of many names costs its sender as much as us.
    static let pairwiseMax = 12

    /// By their bytes (RFC 8259, 8.3).
    static func areDistinct(_ names: ArraySlice<String>) -> Bool {
        guard names.count > pairwiseMax else {
            for (index, name) in zip(names.indices, names) {
                for earlier in names[..<index] where same(earlier, name) { return false }
            }
            return true
        }
        // Texts that Swift holds for equal may differ in their bytes; then bytes decide.
        var seen = Set<String>(minimumCapacity: names.count)
        if names.allSatisfy({ seen.insert($0).inserted }) { return true }
        let sorted = names.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        return zip(sorted, sorted.dropFirst()).allSatisfy { $0 != $1 }
    }

    private static func same(_ one: String, _ other: String) -> Bool {
        one.utf8.count == other.utf8.count && one.utf8.elementsEqual(other.utf8)
    }
}
