public import Database
public import JSON

/// Where processes were killed, how often, on which database, and what was broken in those rounds.
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
    /// How many violations there were in the rounds with a kill at each place. One violation counts at every place of its
    /// round: nobody knows which of the kills it was.
    public private(set) var violations: [Place: Int] = [:]
    /// How many violations there were on each database.
    public private(set) var violationsTotal: [SQLDialect: Int] = [:]
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

    /// Counts what a round broke, once all its kills on the database are counted.
    mutating func add(violations count: Int, on database: SQLDialect) {
        violationsTotal[database, default: 0] += count
        for place in counts.keys where place.database == database { violations[place, default: 0] += count }
    }

    /// Counts another table's too.
    public mutating func add(_ other: KillTable) {
        counts.merge(other.counts, uniquingKeysWith: +)
        violations.merge(other.violations, uniquingKeysWith: +)
        violationsTotal.merge(other.violationsTotal, uniquingKeysWith: +)
        missed += other.missed
    }

    /// A place on one database: how often somebody was killed there, and the violations of those rounds.
    public typealias Cell = (kills: Int, violations: Int)

    /// The rows: first random kills, then failpoints by name; each on SQLite and on PostgreSQL.
    public var rows: [(name: String, sqlite: Cell, postgresql: Cell)] {
        func cell(_ name: String, _ database: SQLDialect) -> Cell {
            let place = Place(database: database, name: name)
            return (counts[place] ?? 0, violations[place] ?? 0)
        }
        let names = Set(counts.keys.map(\.name)).sorted { $0 == Self.random || ($1 != Self.random && $0 < $1) }
        return names.map { ($0, cell($0, .sqlite), cell($0, .postgresql)) }
    }

    /// As JSON.
    public var json: JSONValue {
        .array(
            rows.map { row in
                [
                    "where": .string(row.name), "sqlite": .int(Int64(row.sqlite.kills)),
                    "sqlite_violations": .int(Int64(row.sqlite.violations)),
                    "postgresql": .int(Int64(row.postgresql.kills)),
                    "postgresql_violations": .int(Int64(row.postgresql.violations)),
                ]
            })
    }

    /// As a table of Markdown, with the sums at its end.
    public var markdown: String {
        var text = "| killed | SQLite | violations | PostgreSQL | violations |\n|---|---:|---:|---:|---:|\n"
        for row in rows {
            let name = row.name == Self.random ? "at random" : "`\(row.name)`"
            text +=
                "| \(name) | \(row.sqlite.kills) | \(row.sqlite.violations) | \(row.postgresql.kills) "
                + "| \(row.postgresql.violations) |\n"
        }
        return text + "| **all** | **\(total(on: .sqlite))** | **\(violationsTotal[.sqlite] ?? 0)** "
            + "| **\(total(on: .postgresql))** | **\(violationsTotal[.postgresql] ?? 0)** |\n"
    }
}
