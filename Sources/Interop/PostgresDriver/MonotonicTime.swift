private import Glibc

/// Time that only goes forward, for back-off between attempts on this machine.
enum MonotonicTime {
    /// Milliseconds since some moment.
    static func nowMs() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// The wait after so many failures in a row: it doubles, and half of it is chance so that nodes do not come
    /// together.
    static func backoffMs(failures: Int, firstMs: Int, mostMs: Int) -> Int {
        let whole = min(firstMs << min(max(failures - 1, 0), 16), mostMs)
        return whole / 2 + Int.random(in: 0...max(whole / 2, 1))
    }
}
