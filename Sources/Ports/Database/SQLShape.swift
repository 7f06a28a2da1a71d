/// What a statement says, without its values. Statements of one place in the program have equal shapes, and finding that out
/// costs no look at their text: literals are told apart by where they are in memory, since they stay there.
public struct SQLShape: Sendable, Hashable {
    private enum Part: Sendable, Equatable {
        /// A literal of the program, by its address and its length in bytes.
        case literal(UInt, Int)
        /// Text that code has put together.
        case text(String)
        /// A bound value.
        case value
    }

    private var parts: [Part] = []
    private var fingerprint: UInt64 = 0xCBF2_9CE4_8422_2325

    /// Nothing yet.
    init() {}

    /// Makes room.
    mutating func reserve(_ count: Int) { parts.reserveCapacity(count) }

    /// A literal.
    mutating func append(_ literal: StaticString) {
        guard literal.hasPointerRepresentation else { return append(text: literal.description) }
        guard literal.utf8CodeUnitCount > 0 else { return }
        let address = UInt(bitPattern: literal.utf8Start)
        parts.append(.literal(address, literal.utf8CodeUnitCount))
        mix(UInt64(address))
    }

    /// Text that code has put together.
    mutating func append(text: String) {
        guard !text.isEmpty else { return }
        parts.append(.text(text))
        mix(UInt64(bitPattern: Int64(text.hashValue)))
    }

    /// The next value.
    mutating func appendValue() {
        parts.append(.value)
        mix(1)
    }

    private mutating func mix(_ word: UInt64) {
        fingerprint = (fingerprint ^ word) &* 0x9E37_79B9_7F4A_7C15
        fingerprint ^= fingerprint >> 32
    }

    /// The text with `$n` in the place of each value.
    public var text: String {
        var text = ""
        var count = 0
        for part in parts {
            switch part {
            case .literal(let address, let length):
                let start = UnsafePointer<UInt8>(bitPattern: address)
                text += String(decoding: UnsafeBufferPointer(start: start, count: length), as: UTF8.self)
            case .text(let piece): text += piece
            case .value:
                count += 1
                text += "$\(count)"
            }
        }
        return text
    }

    /// Whether it begins with a word, in capitals as it is written here.
    func begins(with word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        switch parts.first {
        case .literal(let address, let length):
            guard length >= count, let start = UnsafePointer<UInt8>(bitPattern: address) else { return false }
            return UnsafeBufferPointer(start: start, count: count).elementsEqual(
                UnsafeBufferPointer(start: word.utf8Start, count: count))
        case .text(let text):
            return text.utf8.starts(with: UnsafeBufferPointer(start: word.utf8Start, count: count))
        case .value, nil: return false
        }
    }

    /// Equal when they were put together in the same places of the program; never when they say something else.
    public static func == (one: SQLShape, other: SQLShape) -> Bool {
        one.fingerprint == other.fingerprint && one.parts == other.parts
    }

    /// By the places that it was put together in.
    public func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }
}
