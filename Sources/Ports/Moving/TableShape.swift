internal import Database

/// A table as its database describes it.
struct TableShape: Sendable, Equatable {
    /// What a column holds.
    enum Kind: Sendable, Equatable {
        case integer, text, bytes
        /// What is not moved: a type that no table of ours has.
        case other(String)

        var name: String {
            switch self {
            case .integer: "integer"
            case .text: "text"
            case .bytes: "bytes"
            case .other(let type): type
            }
        }
    }

    /// A column that is written, not computed.
    struct Column: Sendable, Equatable {
        let name: String
        let kind: Kind
        /// The type in its database's own words.
        let type: String
    }

    let name: String
    /// By name.
    let columns: [Column]
    /// The columns of the primary key, in its order.
    let key: [String]
    /// The tables that its foreign keys name.
    var references: Set<String> = []

    /// A name within a statement. Names come from the schema, never from input.
    static func quoted(_ name: String) -> String { "\"\(name)\"" }

    var quotedName: String { Self.quoted(name) }

    /// The position of a column.
    func position(of column: String) -> Int? { columns.firstIndex { $0.name == column } }

    /// What keeps the tables of two sides from being moved; empty when nothing does.
    static func differences(_ source: [TableShape], _ target: [TableShape]) -> [String] {
        let known = Dictionary(uniqueKeysWithValues: target.map { ($0.name, $0) })
        var differences: [String] = []
        for table in target where !source.contains(where: { $0.name == table.name }) {
            differences.append("only the target has the table \(table.name)")
        }
        for table in source {
            guard let other = known[table.name] else {
                differences.append("only the source has the table \(table.name)")
                continue
            }
            if table.key.isEmpty { differences.append("\(table.name) has no primary key") }
            if table.key != other.key { differences.append("the primary keys of \(table.name) differ") }
            differences += columnDifferences(table, other)
        }
        return differences
    }

    private static func columnDifferences(_ table: TableShape, _ other: TableShape) -> [String] {
        var differences: [String] = []
        for column in other.columns where table.position(of: column.name) == nil {
            differences.append("only the target has \(table.name).\(column.name)")
        }
        for column in table.columns {
            guard let position = other.position(of: column.name) else {
                differences.append("only the source has \(table.name).\(column.name)")
                continue
            }
            let twin = other.columns[position]
            for side in [column, twin] {
                if case .other(let type) = side.kind {
                    differences.append("\(table.name).\(column.name) is \(type), which is not moved")
                }
            }
            if column.kind != twin.kind {
                differences.append(
                    "\(table.name).\(column.name) is \(column.kind.name) here and \(twin.kind.name) there")
            }
        }
        return differences
    }

    /// The tables so that each comes after those that its foreign keys name. Throws `MoveError.shapesDiffer` for a ring.
    static func ordered(_ tables: [TableShape]) throws(MoveError) -> [TableShape] {
        var waiting = tables
        var ordered: [TableShape] = []
        while !waiting.isEmpty {
            let ready = waiting.filter { table in
                !waiting.contains { $0.name != table.name && table.references.contains($0.name) }
            }
            // A table that refers to itself would need its rows in an order of their own.
            guard !ready.isEmpty, !ready.contains(where: { $0.references.contains($0.name) }) else {
                throw .shapesDiffer(["the foreign keys of \(waiting[0].name) go in a ring"])
            }
            ordered += ready
            waiting.removeAll { table in ready.contains { $0.name == table.name } }
        }
        return ordered
    }
}
