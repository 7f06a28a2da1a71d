/// How long things took, counted by bounds.
public struct Histogram: Sendable, Equatable {
    /// The bounds in milliseconds; what took longer than the last is counted too.
    public static let boundsMs: [Int64] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000]

    /// By bound, each alone; one more for what is beyond.
    private var counts = [Int64](repeating: 0, count: boundsMs.count + 1)
    /// How many there were.
    public private(set) var count: Int64 = 0
    /// How long all took together, in milliseconds.
    public private(set) var sumMs: Int64 = 0

    /// Nothing yet.
    public init() {}

    /// Counts one that took so long; less than nothing (a clock that was set back) is nothing.
    public mutating func observe(milliseconds: Int64) {
        let duration = max(0, milliseconds)
        counts[Self.boundsMs.firstIndex { duration <= $0 } ?? Self.boundsMs.count] += 1
        count += 1
        sumMs += duration
    }

    /// How many took at most so long, for each bound: as Prometheus counts, each bound with those below it.
    public var cumulative: [(boundMs: Int64, count: Int64)] {
        var sum: Int64 = 0
        return zip(Self.boundsMs, counts).map { bound, count in
            sum += count
            return (bound, sum)
        }
    }
}
