/// A JSON value; objects keep the order of their members.
public enum JSONValue: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number of 64 bits.
    case int(Int64)
    /// A number with a fraction or an exponent. Never money (law 9).
    case double(Double)
    /// Text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// An object.
    case object(JSONObject)

    /// The member of an object; nil when this is no object or has no such member.
    public subscript(_ name: String) -> JSONValue? {
        if case .object(let object) = self { return object[name] }
        return nil
    }

    /// The element of a list; nil when this is no list or too short.
    public subscript(_ index: Int) -> JSONValue? {
        if case .array(let array) = self, array.indices.contains(index) { return array[index] }
        return nil
    }

    /// Whether this is `null`.
    public var isNull: Bool { self == .null }
    /// The text, if this is text.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The whole number, if this is one.
    public var int: Int64? { if case .int(let value) = self { value } else { nil } }
    /// True or false, if this is either.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The elements, if this is a list.
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The members, if this is an object.
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A whole number.
    public init(integerLiteral value: Int64) { self = .int(value) }
    /// True or false.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// `null`.
    public init(nilLiteral: ()) { self = .null }
    /// A list.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object.
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
    /// Text, or `null`.
    public init(_ string: String?) { self = string.map { .string($0) } ?? .null }
    /// A whole number, or `null`.
    public init(_ int: Int64?) { self = int.map { .int($0) } ?? .null }
}

/// The members of a JSON object in their order. Names are unique.
public struct JSONObject: Sendable, ExpressibleByDictionaryLiteral {
    private var entries: [(name: String, value: JSONValue)]

    /// An object of these members; of members with one name the last stays, at the first one's place.
    public init(_ members: [(String, JSONValue)] = []) {
        entries = []
        entries.reserveCapacity(members.count)
        for (name, value) in members { self[name] = value }
    }

    /// Members that are known to have distinct names.
    init(uniqueMembers: [(name: String, value: JSONValue)]) { entries = uniqueMembers }

    /// An object of these members.
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

    /// The members in order.
    public var members: [(name: String, value: JSONValue)] { entries }
    /// The names in order.
    public var names: [String] { entries.map(\.name) }
    /// How many members there are.
    public var count: Int { entries.count }
    /// Whether there are none.
    public var isEmpty: Bool { entries.isEmpty }

    /// The member of that name. Setting keeps its place or appends; setting nil removes.
    public subscript(_ name: String) -> JSONValue? {
        get { entries.first { Self.same($0.name, name) }?.value }
        set {
            if let index = entries.firstIndex(where: { Self.same($0.name, name) }) {
                if let newValue { entries[index].value = newValue } else { entries.remove(at: index) }
            } else if let newValue {
                entries.append((name, newValue))
            }
        }
    }

    /// Names are the same when their bytes are (RFC 8259, 8.3). Swift also holds texts for equal that differ only in how
    /// Unicode composes them, and an object may have a member of each.
    private static func same(_ one: String, _ other: String) -> Bool {
        guard one.utf8.count == other.utf8.count, one == other else { return false }
        return one.utf8.withContiguousStorageIfAvailable { bytes in
            other.utf8.withContiguousStorageIfAvailable { bytes.elementsEqual($0) }
        } == true || one.utf8.elementsEqual(other.utf8)
    }
}

extension JSONObject: Hashable {
    /// Equal when they have the same members, in any order.
    public static func == (lhs: JSONObject, rhs: JSONObject) -> Bool {
        lhs.count == rhs.count && lhs.entries.allSatisfy { rhs[$0.name] == $0.value }
    }

    /// Hashes the names and values without their order.
    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for entry in entries {
            var inner = Hasher()
            inner.combine(entry.name)
            inner.combine(entry.value)
            sum &+= inner.finalize()
        }
        hasher.combine(sum)
    }
}
