public import Kernel
private import Synchronization

/// A row of an answer. Columns are read by name; a wrong name or kind throws instead of trapping.
public struct Row: Sendable {
    private let columns: Columns
    /// The values in the order of the columns, for who asked for them in an order.
    public let values: [SQLValue]

    /// The names of an answer's columns, shared by its rows.
    public final class Columns: Sendable {
        private let indices: [String: Int]
        /// Where the next name is looked for first: columns are mostly read in their order.
        private let next = Atomic<Int>(0)
        /// Of names that stand twice the first is meant, wherever the last one was found.
        private let areDistinct: Bool
        /// The names in order.
        public let names: [String]

        /// Names in order.
        public init(_ names: [String]) {
            self.names = names
            indices = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            areDistinct = indices.count == names.count
        }

        func index(of name: String) -> Int? {
            let likely = next.load(ordering: .relaxed)
            if areDistinct, likely < names.count, names[likely] == name {
                next.store(likely + 1 < names.count ? likely + 1 : 0, ordering: .relaxed)
                return likely
            }
            guard let index = indices[name] else { return nil }
            next.store(index + 1 < names.count ? index + 1 : 0, ordering: .relaxed)
            return index
        }
    }

    /// A row, for drivers.
    public init(columns: Columns, values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    /// The value of a column. Throws `DatabaseError.unexpectedColumn`.
    public func value(_ column: String) throws(DatabaseError) -> SQLValue {
        guard let index = columns.index(of: column), values.indices.contains(index) else {
            throw .unexpectedColumn(column)
        }
        return values[index]
    }

    /// An integer.
    public func int(_ column: String) throws(DatabaseError) -> Int64 {
        guard case .int(let value) = try value(column) else { throw .unexpectedColumn(column) }
        return value
    }

    /// An integer or NULL.
    public func intOrNil(_ column: String) throws(DatabaseError) -> Int64? {
        switch try value(column) {
        case .null: return nil
        case .int(let value): return value
        case .text, .blob: throw .unexpectedColumn(column)
        }
    }

    /// 1 or 0 as true or false.
    public func bool(_ column: String) throws(DatabaseError) -> Bool { try int(column) != 0 }

    /// Text.
    public func text(_ column: String) throws(DatabaseError) -> String {
        guard case .text(let value) = try value(column) else { throw .unexpectedColumn(column) }
        return value
    }

    /// Text or NULL.
    public func textOrNil(_ column: String) throws(DatabaseError) -> String? {
        switch try value(column) {
        case .null: return nil
        case .text(let value): return value
        case .int, .blob: throw .unexpectedColumn(column)
        }
    }

    /// Bytes.
    public func blob(_ column: String) throws(DatabaseError) -> [UInt8] {
        guard case .blob(let value) = try value(column) else { throw .unexpectedColumn(column) }
        return value
    }

    /// A moment.
    public func time(_ column: String) throws(DatabaseError) -> Timestamp { Timestamp(epochMs: try int(column)) }

    /// A moment or NULL.
    public func timeOrNil(_ column: String) throws(DatabaseError) -> Timestamp? {
        try intOrNil(column).map { Timestamp(epochMs: $0) }
    }

    /// An id.
    public func id<Subject>(_ column: String, _: Subject.Type = Subject.self) throws(DatabaseError) -> ID<Subject> {
        ID(try text(column))
    }

    /// A currency.
    public func currency(_ column: String) throws(DatabaseError) -> Currency {
        guard let currency = Currency(try text(column)) else { throw .unexpectedColumn(column) }
        return currency
    }
}
