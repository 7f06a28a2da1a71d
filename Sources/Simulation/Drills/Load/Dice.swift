public import Kernel
private import Synchronization

/// Chance from a seed (SplitMix64): the same seed gives the same numbers. What they meet in real processes is not the same.
public final class Dice: RandomSource {
    private let state: Mutex<UInt64>

    /// Dice of a seed, apart from those of the same seed for somebody else.
    public init(_ seed: UInt64, of purpose: String) {
        // FNV-1a, so that neighbouring seeds and purposes have nothing in common.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in Array("\(seed) \(purpose)".utf8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        state = Mutex(hash)
    }

    /// 64 bits.
    public func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var bits = state
            bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
            bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
            return bits ^ (bits >> 31)
        }
    }

    /// Whether something happens that happens so many times in a hundred.
    public func falls(_ percent: Int64) -> Bool { number(in: 0...99) < percent }

    /// One of several; there must be one.
    public func pick<Element>(_ list: [Element]) -> Element { list[Int(number(in: 0...Int64(list.count - 1)))] }

    /// A time of so many milliseconds.
    public func milliseconds(_ range: ClosedRange<Int64>) -> Duration { .milliseconds(number(in: range)) }
}
