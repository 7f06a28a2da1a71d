/// Writes Codable types as values. A nil member becomes `null`, so that an answer always has all its members.
struct JSONValueEncoder: Encoder {
    fileprivate let slot: Slot
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func encode(_ model: some Encodable) throws -> JSONValue { try encode(model, at: []) }

    fileprivate static func encode(_ model: some Encodable, at codingPath: [any CodingKey]) throws -> JSONValue {
        let slot = Slot()
        try model.encode(to: JSONValueEncoder(slot: slot, codingPath: codingPath))
        return slot.value
    }

    func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
        if slot.content.object == nil { slot.content = .object([:]) }
        return KeyedEncodingContainer(KeyedSlots(slot: slot, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if slot.content.array == nil { slot.content = .array([]) }
        return ListedSlots(slot: slot, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

/// Where a value is being put together. Containers that a type keeps write into their own slot, which its parent reads
/// at the end; it never leaves the call that encodes.
private final class Slot {
    var content: JSONValue = .null
    private var children: [(key: any CodingKey, slot: Slot)] = []

    func child(_ key: any CodingKey) -> Slot {
        let slot = Slot()
        children.append((key, slot))
        return slot
    }

    var value: JSONValue {
        switch content {
        case .object(var object):
            for child in children { object[child.key.stringValue] = child.slot.value }
            return .object(object)
        case .array(var array):
            // Places are given in rising order, so each stands where it was asked for.
            for child in children { array.insert(child.slot.value, at: child.key.intValue ?? array.count) }
            return .array(array)
        default: return content
        }
    }

    func set(_ value: JSONValue, for key: any CodingKey) {
        guard case .object(var object) = content else { return }
        content = .null  // Else the object below is a second owner, and every member copies them all.
        object[key.stringValue] = value
        content = .object(object)
    }

    func append(_ value: JSONValue) {
        guard case .array(var array) = content else { return }
        content = .null
        array.append(value)
        content = .array(array)
    }

    /// How many elements a list has, with those that are still being put together.
    var count: Int { (content.array?.count ?? 0) + children.count }
}

extension JSONValueEncoder: SingleValueEncodingContainer {
    func encodeNil() { slot.content = .null }
    func encode(_ value: Bool) { slot.content = .bool(value) }
    func encode(_ value: String) { slot.content = .string(value) }
    func encode(_ value: Float) throws { try encode(Double(value)) }
    func encode(_ value: Int) { slot.content = .int(Int64(value)) }
    func encode(_ value: Int8) { slot.content = .int(Int64(value)) }
    func encode(_ value: Int16) { slot.content = .int(Int64(value)) }
    func encode(_ value: Int32) { slot.content = .int(Int64(value)) }
    func encode(_ value: Int64) { slot.content = .int(value) }
    func encode(_ value: UInt) throws { try encode(UInt64(value)) }
    func encode(_ value: UInt8) { slot.content = .int(Int64(value)) }
    func encode(_ value: UInt16) { slot.content = .int(Int64(value)) }
    func encode(_ value: UInt32) { slot.content = .int(Int64(value)) }

    func encode(_ value: Double) throws {
        guard value.isFinite else { throw JSONCodingError.mismatch(path: text(of: codingPath)) }
        slot.content = .double(value)
    }

    func encode(_ value: UInt64) throws {
        guard let int = Int64(exactly: value) else { throw JSONCodingError.mismatch(path: text(of: codingPath)) }
        slot.content = .int(int)
    }

    func encode<Model: Encodable>(_ value: Model) throws { try value.encode(to: self) }
}

/// The members of an object.
private struct KeyedSlots<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: Slot
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) { slot.set(.null, for: key) }

    func encode<Model: Encodable>(_ value: Model, forKey key: Key) throws {
        slot.set(try JSONValueEncoder.encode(value, at: codingPath + [key]), for: key)
    }

    func encodeIfPresent<Model: Encodable>(_ value: Model?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
    }

    // Synthesised conformances call the overload of the member's own kind, so each must write its `null`.
    func encodeIfPresent(_ value: Bool?, forKey key: Key) { slot.set(value.map { .bool($0) } ?? .null, for: key) }
    func encodeIfPresent(_ value: String?, forKey key: Key) { slot.set(JSONValue(value), for: key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) { slot.set(JSONValue(value.map(Int64.init)), for: key) }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) { slot.set(JSONValue(value.map(Int64.init)), for: key) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) { slot.set(JSONValue(value), for: key) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { child(key).container(keyedBy: keyedBy) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { child(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { JSONValueEncoder(slot: slot, codingPath: codingPath) }
    func superEncoder(forKey key: Key) -> any Encoder { child(key) }

    private func child(_ key: Key) -> JSONValueEncoder {
        JSONValueEncoder(slot: slot.child(key), codingPath: codingPath + [key])
    }
}

/// The elements of a list.
private struct ListedSlots: UnkeyedEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]
    var count: Int { slot.count }

    func encodeNil() { slot.append(.null) }

    func encode<Model: Encodable>(_ value: Model) throws {
        slot.append(try JSONValueEncoder.encode(value, at: codingPath + [PlaceInList(count)]))
    }

    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) -> KeyedEncodingContainer<Nested> {
        child().container(keyedBy: keyedBy)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { child().unkeyedContainer() }
    func superEncoder() -> any Encoder { child() }

    private func child() -> JSONValueEncoder {
        let place = PlaceInList(count)
        return JSONValueEncoder(slot: slot.child(place), codingPath: codingPath + [place])
    }
}
