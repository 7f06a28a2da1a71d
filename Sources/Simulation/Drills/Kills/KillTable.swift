public import Database
public import JSON

/// Where processes were killed, how often, on which database.
public struct KillTable: Sendable, Equatable {
    /// One row: a place on a database.
    public struct Place: Sendable, Hashable {
        /// Which database.
        public let database: SQLDialect
        /// `random`, or the failpoint: `commit.after POST /api/orders`.
        public let name: String

        /// A place.
        public init(database: SQLDialect, name: String) {
            self.database = database
            self.name = name
        }
    }

    /// How often at each place.
    public private(set) var counts: [Place: Int] = [:]
    /// How many failpoints were not reached in time; those kills count as random.
    public internal(set) var missed = 0

    /// The name of a kill at no particular place.
    public static let random = "random"

    /// Nobody was killed.
    public init() {}

    /// How many kills there were, on one database or on all.
    public func total(on database: SQLDialect? = nil) -> Int {
        counts.filter { database == nil || $0.key.database == database }.reduce(0) { $0 + $1.value }
    }

    /// Counts one.
    public mutating func add(_ place: Place) { counts[place, default: 0] += 1 }

    /// Counts another table's too.
    public mutating func add(_ other: KillTable) {
        counts.merge(other.counts, uniquingKeysWith: +)
        missed += other.missed
    }

    /// The rows: first random kills, then failpoints by name; each with its count on SQLite and on PostgreSQL.
    public var rows: [(name: String, sqlite: Int, postgresql: Int)] {
        func count(_ name: String, _ database: SQLDialect) -> Int {
            counts.filter { $0.key.name == name && $0.key.database == database }.reduce(0) { $0 + $1.value }
        }
        let names = Set(counts.keys.map(\.name)).sorted { $0 == Self.random || ($1 != Self.random && $0 < $1) }
        return names.map { ($0, count($0, .sqlite), count($0, .postgresql)) }
    }

    /// As JSON.
    public var json: JSONValue {
        .array(
            rows.map {
                ["where": .string($0.name), "sqlite": .int(Int64($0.sqlite)), "postgresql": .int(Int64($0.postgresql))]
            })
    }

    /// As a table of Markdown, with the sums at its end.
    public var markdown: String {
        var text = "| killed | SQLite | PostgreSQL |\n|---|---:|---:|\n"
        for row in rows {
            let name = row.name == Self.random ? "at random" : "`\(row.name)`"
            text += "| \(name) | \(row.sqlite) | \(row.postgresql) |\n"
        }
        return text + "| **all** | **\(total(on: .sqlite))** | **\(total(on: .postgresql))** |\n"
    }
}
