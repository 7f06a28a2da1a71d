private import Synchronization

/// An identifier of a `Subject`: our own ids are UUIDv7 strings, so they sort by creation.
public struct ID<Subject>: Hashable, Sendable, CustomStringConvertible {
    /// The text, lower case.
    public let rawValue: String

    /// An id that is known to be one, as read from a database.
    public init(_ rawValue: String) { self.rawValue = rawValue }

    /// An id that a stranger sent; nil unless it is a UUID. Upper case is folded.
    public init?(untrusted text: String) {
        let lower = text.lowercased()
        guard lower.utf8.count == 36 else { return nil }
        for (index, byte) in lower.utf8.enumerated() {
            switch index {
            case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return nil }
            default: guard (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) else { return nil }
            }
        }
        rawValue = lower
    }

    /// The text.
    public var description: String { rawValue }
}

/// Makes ids: UUIDv7, of the clock's milliseconds, a counter within the millisecond, and random bits.
public final class IDGenerator: Sendable {
    private let clock: any WallClock
    private let random: any RandomSource
    private let last = Mutex<(epochMs: Int64, counter: UInt64)>((0, 0))

    /// Ids by this clock and this randomness.
    public init(clock: any WallClock, random: any RandomSource) {
        self.clock = clock
        self.random = random
    }

    /// A fresh id; ids of one generator rise strictly, also when the clock stands still or goes back.
    public func next<Subject>(_: Subject.Type = Subject.self) -> ID<Subject> { ID(uuid()) }

    /// A fresh UUIDv7 as text.
    public func uuid() -> String {
        let now = clock.now().epochMs
        let (epochMs, counter) = last.withLock { last -> (Int64, UInt64) in
            if now > last.epochMs {
                last = (now, random.next() & 0x3FF)
            } else if last.counter == 0xFFF {
                last = (last.epochMs + 1, 0)
            } else {
                last.counter += 1
            }
            return last
        }
        let high = (UInt64(bitPattern: epochMs) << 16) | 0x7000 | counter
        let low = (random.next() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        return String(unsafeUninitializedCapacity: 36) { text in
            var place = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    text[place] = UInt8(ascii: "-")
                    place += 1
                }
                let word = index < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - (index % 16) * 4)) & 0xF
                text[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
                place += 1
            }
            return place
        }
    }
}
