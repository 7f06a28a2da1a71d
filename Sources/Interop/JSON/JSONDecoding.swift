/// Reads Codable types from a parsed value: no text is parsed twice, and whole numbers never pass through floating point.
struct JSONValueDecoder: Decoder {
    let value: JSONValue
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func decode<Model: Decodable>(_: Model.Type, from value: JSONValue) throws -> Model {
        do {
            return try Model(from: JSONValueDecoder(value: value, codingPath: []))
        } catch let error as DecodingError {
            throw JSONCodingError.mismatch(path: error.path)
        }
    }

    func container<Key: CodingKey>(keyedBy _: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let object = value.object else { throw mismatch }
        return KeyedDecodingContainer(KeyedValues(object: object, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let array = value.array else { throw mismatch }
        return ListedValues(array: array, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    var mismatch: JSONCodingError { .mismatch(path: text(of: codingPath)) }
}

extension JSONValueDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { value.isNull }

    func decode(_: Bool.Type) throws -> Bool {
        guard let bool = value.bool else { throw mismatch }
        return bool
    }

    func decode(_: String.Type) throws -> String {
        guard let string = value.string else { throw mismatch }
        return string
    }

    func decode(_: Double.Type) throws -> Double {
        switch value {
        case .double(let double): return double
        case .int(let int): return Double(int)
        default: throw mismatch
        }
    }

    func decode(_: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode(_: Int.Type) throws -> Int { try whole() }
    func decode(_: Int8.Type) throws -> Int8 { try whole() }
    func decode(_: Int16.Type) throws -> Int16 { try whole() }
    func decode(_: Int32.Type) throws -> Int32 { try whole() }
    func decode(_: Int64.Type) throws -> Int64 { try whole() }
    func decode(_: UInt.Type) throws -> UInt { try whole() }
    func decode(_: UInt8.Type) throws -> UInt8 { try whole() }
    func decode(_: UInt16.Type) throws -> UInt16 { try whole() }
    func decode(_: UInt32.Type) throws -> UInt32 { try whole() }
    func decode(_: UInt64.Type) throws -> UInt64 { try whole() }
    func decode<Model: Decodable>(_: Model.Type) throws -> Model { try Model(from: self) }

    private func whole<Whole: FixedWidthInteger>() throws -> Whole {
        guard let int = value.int, let whole = Whole(exactly: int) else { throw mismatch }
        return whole
    }
}

/// The members of an object.
private struct KeyedValues<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: JSONObject
    let codingPath: [any CodingKey]
    var allKeys: [Key] { object.names.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { object[key.stringValue] != nil }
    func decodeNil(forKey key: Key) throws -> Bool { object[key.stringValue]?.isNull ?? true }

    func decode<Model: Decodable>(_: Model.Type, forKey key: Key) throws -> Model {
        try Model(from: try decoder(key))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try decoder(key).container(keyedBy: keyedBy) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { JSONValueDecoder(value: .object(object), codingPath: codingPath) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }

    private func decoder(_ key: Key) throws -> JSONValueDecoder {
        let path = codingPath + [key]
        guard let value = object[key.stringValue] else { throw JSONCodingError.mismatch(path: text(of: path)) }
        return JSONValueDecoder(value: value, codingPath: path)
    }
}

/// The elements of a list.
private struct ListedValues: UnkeyedDecodingContainer {
    let array: [JSONValue]
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0
    var count: Int? { array.count }
    var isAtEnd: Bool { currentIndex >= array.count }

    init(array: [JSONValue], codingPath: [any CodingKey]) {
        self.array = array
        self.codingPath = codingPath
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, array[currentIndex].isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Model: Decodable>(_: Model.Type) throws -> Model { try Model(from: try next()) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
        try next().container(keyedBy: keyedBy)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }

    private mutating func next() throws -> JSONValueDecoder {
        let path = codingPath + [PlaceInList(currentIndex)]
        guard !isAtEnd else { throw JSONCodingError.mismatch(path: text(of: path)) }
        defer { currentIndex += 1 }
        return JSONValueDecoder(value: array[currentIndex], codingPath: path)
    }
}

/// The place of an element, as a key.
struct PlaceInList: CodingKey {
    let index: Int
    var intValue: Int? { index }
    var stringValue: String { String(index) }

    init(_ index: Int) { self.index = index }
    init?(intValue: Int) { self.init(intValue) }
    init?(stringValue _: String) { nil }
}

/// `data[0].id`.
func text(of path: [any CodingKey]) -> String {
    path.reduce(into: "") { text, key in
        if key is PlaceInList {
            text += "[\(key.stringValue)]"
        } else {
            text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
        }
    }
}

extension DecodingError {
    /// Where a synthesised `init(from:)` gave up.
    fileprivate var path: String {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            text(of: context.codingPath)
        case .keyNotFound(let key, let context): text(of: context.codingPath + [key])
        @unknown default: ""
        }
    }
}
