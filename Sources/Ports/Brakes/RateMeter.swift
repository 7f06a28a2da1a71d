internal import Crypto
public import Kernel
private import Synchronization

/// How many requests a subject may make: `burst` at once, and `perMinute` as time goes on.
public struct Rate: Sendable, Equatable {
    /// How many at once, after a rest; at least 1.
    public let burst: Int
    /// How many come back in a minute; more than 0.
    public let perMinute: Double

    /// A rate.
    public init(burst: Int, perMinute: Double) {
        self.burst = max(1, burst)
        self.perMinute = max(perMinute, 0.001)
    }

    /// So many times as much.
    public func scaled(by factor: Double) -> Rate {
        Rate(burst: Int((Double(burst) * factor).rounded()), perMinute: perMinute * factor)
    }
}

/// Measures subjects (an address, an account) against one ``Rate``, in the memory of this process: token buckets, each kept as
/// the moment at which it will be full again (GCRA).
///
/// The memory is fixed, and nothing is ever put out of it (law 14): a full table that forgets would be a way to a fresh
/// bucket, at the price of some requests from other addresses. So a subject has no place of its own. A keyed hash leads it
/// to one cell in each of ``rows`` rows; what it has used is the least that these cells say, and a request raises those that
/// say less than it now has used, and no others. A cell therefore never says less than any of its subjects used: nobody gets more than the
/// rate. It may say more, when others share it, and a subject is refused for others' requests only when all of its cells
/// are shared with some who are refused: with 1,000 such at once it hits one subject in 6,000, with 100 next to nobody.
/// Which cells are shared, nobody outside can work out, as the key is secret.
///
/// A clock that is set back empties nothing and locks nobody out: what is further ahead than a bucket can be is cut to an
/// empty bucket when it is next looked at.
public final class RateMeter: Sendable {
    /// How long a key is, in bytes.
    public static let keyBytes = Digest.shortHashKeyBytes
    static let rows = 4
    /// How many parts the cells are in, each with its own lock; a power of two.
    private static let shards = 16
    /// How many cells a row has in a shard; a power of two.
    private static let cellsPerShard = 512

    private let intervalUs: Int64
    private let burst: Int64
    private let key: [UInt8]
    private let clock: any WallClock
    private let parts: [Shard]

    /// A part of the cells: one row after the other.
    private final class Shard: Sendable {
        let cells = Mutex([Int64](repeating: 0, count: RateMeter.rows * RateMeter.cellsPerShard))
    }

    /// An empty meter, of 256 KiB. `key` is ``keyBytes`` random bytes.
    public init(_ rate: Rate, key: [UInt8], clock: any WallClock) {
        burst = Int64(rate.burst)
        intervalUs = max(1, Int64(60_000_000 / rate.perMinute))
        self.key = key
        self.clock = clock
        parts = (0..<Self.shards).map { _ in Shard() }
    }

    /// Takes a request's share. Nil when there was one; else the seconds, at least 1, until there is, and nothing is taken.
    public func take(_ subject: [UInt8]) -> Int64? { measure(subject, takes: true) }

    /// The same without taking.
    public func wait(_ subject: [UInt8]) -> Int64? { measure(subject, takes: false) }

    private func measure(_ subject: [UInt8], takes: Bool) -> Int64? {
        let nowUs = clock.now().epochMs &* 1_000
        var hash = Digest.shortHash(subject, key: key)
        let shard = parts[Int(hash % UInt64(Self.shards))]
        hash /= UInt64(Self.shards)
        let ceilingUs = nowUs + burst * intervalUs
        return shard.cells.withLock { cells -> Int64? in
            var leastUs = ceilingUs
            var index = hash
            for row in 0..<Self.rows {
                let cell = row * Self.cellsPerShard + Int(index % UInt64(Self.cellsPerShard))
                index /= UInt64(Self.cellsPerShard)
                if cells[cell] > ceilingUs { cells[cell] = ceilingUs }
                leastUs = min(leastUs, cells[cell])
            }
            let usedUs = max(leastUs, nowUs) + intervalUs
            let tooMuchUs = usedUs - ceilingUs
            guard tooMuchUs <= 0 else { return (tooMuchUs + 999_999) / 1_000_000 }
            guard takes else { return nil }
            index = hash
            for row in 0..<Self.rows {
                let cell = row * Self.cellsPerShard + Int(index % UInt64(Self.cellsPerShard))
                index /= UInt64(Self.cellsPerShard)
                cells[cell] = max(cells[cell], usedUs)
            }
            return nil
        }
    }
}
