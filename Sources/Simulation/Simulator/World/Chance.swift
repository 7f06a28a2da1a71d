public import Kernel
private import Synchronization

/// Randomness that a seed repeats (SplitMix64).
public final class Chance: RandomSource {
    private let state: Mutex<UInt64>

    /// The sequence of `seed`.
    public init(_ seed: UInt64) { state = Mutex(seed) }

    /// The sequence of a part of a history, which other parts do not disturb.
    public convenience init(_ seed: UInt64, of part: String) {
        var mixed = seed ^ 0xCBF2_9CE4_8422_2325
        for byte in part.utf8 { mixed = (mixed ^ UInt64(byte)) &* 0x100_0000_01B3 }
        self.init(mixed)
    }

    /// The next 64 bits of the sequence.
    public func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    /// A whole number of a range.
    public func int(_ range: ClosedRange<Int>) -> Int {
        Int(number(in: Int64(range.lowerBound)...Int64(range.upperBound)))
    }

    /// True once in `count` times.
    public func oneIn(_ count: Int) -> Bool { int(1...count) == 1 }

    /// One of a list that is not empty.
    public func pick<Element>(_ list: [Element]) -> Element { list[int(0...(list.count - 1))] }
}
