internal import Kernel
private import Synchronization

/// What happened in a history: a hash of everything, and the lines that a person reads where they are wanted.
public final class Trace: Sendable {
    private struct State {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var lines: [String] = []
    }
    private let state = Mutex(State())
    private let clock: SimulatedClock
    private let keepsLines: Bool

    init(clock: SimulatedClock, keepsLines: Bool) {
        self.clock = clock
        self.keepsLines = keepsLines
    }

    /// FNV-1a (64 bits) over everything so far.
    var hash: UInt64 { state.withLock { $0.hash } }
    /// The lines so far; empty where they are not kept.
    var lines: [String] { state.withLock { $0.lines } }

    /// Tells something that a person should read.
    public func tell(_ text: @autoclosure () -> String) {
        let (text, now) = (text(), clock.now())
        state.withLock { state in
            Self.mix(text, &state.hash)
            Self.mix(now.epochMs, &state.hash)
            if keepsLines { state.lines.append("\(now.rfc3339.dropFirst(5).dropLast(5))  \(text)") }
        }
    }

    /// Takes part in the hash only.
    func note(_ text: String) {
        let now = clock.now()
        state.withLock { state in
            Self.mix(text, &state.hash)
            Self.mix(now.epochMs, &state.hash)
        }
    }

    private static func mix(_ text: String, _ hash: inout UInt64) {
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    private static func mix(_ number: Int64, _ hash: inout UInt64) {
        hash = (hash ^ UInt64(bitPattern: number)) &* 0x100_0000_01B3
    }
}
