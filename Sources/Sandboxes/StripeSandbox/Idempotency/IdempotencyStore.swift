import Kernel

/// The first answer of each key, for a day.
struct IdempotencyStore: Sendable {
    /// Twenty-four hours: after that a key is a new one.
    static let keptFor: Duration = .seconds(24 * 3600)
    static let keyLengthMax = 255
    /// The most keys; beyond it the oldest go (law 14).
    static let keysMax = 200_000

    /// What a key stands for.
    struct Entry: Sendable {
        /// Method, path and parsed parameters.
        let fingerprint: String
        let status: Int
        let body: [UInt8]
        let requestID: String
        let storedAt: Timestamp
        /// Until then the first request still runs.
        let finishedAt: Timestamp
    }

    /// What a request with a key is to do.
    enum Finding: Sendable {
        /// Execute: the key is new.
        case new
        /// Answer as the first time.
        case replay(Entry)
        /// The key came with something else before.
        case mismatch(Entry)
        /// The first request still runs.
        case running
    }

    private var entries: [String: Entry] = [:]
    /// Keys by age, the oldest first, for forgetting.
    private var line: [(key: String, storedAt: Timestamp)] = []
    private var lineStart = 0

    var count: Int { entries.count }

    func find(_ key: String, fingerprint: String, at now: Timestamp) -> Finding {
        guard let entry = entries[key], now.since(entry.storedAt) < Self.keptFor else { return .new }
        if now < entry.finishedAt { return .running }
        return entry.fingerprint == fingerprint ? .replay(entry) : .mismatch(entry)
    }

    mutating func keep(_ key: String, _ entry: Entry) {
        entries[key] = entry
        line.append((key, entry.storedAt))
        while lineStart < line.count {
            let oldest = line[lineStart]
            guard entry.storedAt.since(oldest.storedAt) >= Self.keptFor || entries.count > Self.keysMax else { break }
            // A key that was used again since stands in line a second time.
            if entries[oldest.key]?.storedAt == oldest.storedAt { entries[oldest.key] = nil }
            lineStart += 1
        }
        if lineStart > 1024, lineStart > line.count / 2 {
            line.removeFirst(lineStart)
            lineStart = 0
        }
    }
}
