/// What a move did.
public struct MoveReport: Sendable, Equatable {
    /// How it ended.
    public enum Outcome: String, Sendable {
        /// Every row was copied.
        case copied
        /// An earlier move had copied every row already, and nothing has changed since on either side.
        case unchanged
    }

    /// A table that was compared.
    public struct Table: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// How many rows it has.
        public let rows: Int64
        /// The sums of its columns of money, by column and currency, in minor units.
        public let sums: [MoneySum]
    }

    /// A sum of money.
    public struct MoneySum: Sendable, Equatable {
        /// Of what.
        public let name: String
        /// The currency; empty where the table has none.
        public let currency: String
        /// In minor units.
        public let amountMinor: Int64
    }

    /// How it ended.
    public let outcome: Outcome
    /// Which installation was moved; nil when it was never served.
    public let installation: String?
    /// Every table, in the order of their copying; count, sums and digest were equal on both sides.
    public let tables: [Table]
    /// What the caller asked to be summed up, as both databases gave it.
    public let sums: [MoneySum]

    /// All rows.
    public var rows: Int64 { tables.reduce(0) { $0 + $1.rows } }
}

/// A sum that both databases draw up by themselves, and that must be equal.
public struct MoveSum: Sendable {
    /// What it is.
    public let name: String
    /// The statement, in words that both understand: columns `currency` and `amount_minor`.
    public let sql: String

    /// A sum.
    public init(_ name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// How far a move is.
public struct MoveProgress: Sendable {
    /// What is being done.
    public enum Phase: Int, Sendable, CaseIterable {
        /// The source is read and checked, and nothing is written yet.
        case read = 1
        /// The target is compared with what an earlier move left in it.
        case compare
        /// Rows are copied.
        case copy
        /// Rows are read back.
        case verify

        /// The word for it.
        public var name: String {
            switch self {
            case .read: "read"
            case .compare: "compare"
            case .copy: "copy"
            case .verify: "verify"
            }
        }
    }

    /// What is being done.
    public let phase: Phase
    /// The table.
    public let table: String
    /// Rows of the phase so far.
    public let rows: Int64
    /// Rows of the phase.
    public let rowsTotal: Int64

    /// 0 to 1.
    public var share: Double { rowsTotal == 0 ? 1 : Double(rows) / Double(rowsTotal) }
}

/// Hears how far a move is. What it throws ends the move, and nothing was moved.
public typealias MoveListener = @Sendable (MoveProgress) throws -> Void
