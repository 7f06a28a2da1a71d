internal import Crypto
internal import Database
internal import JSON

/// What a table holds, in so few words that two sides can be compared: a count, sums of money, and a digest over every
/// value of every row in the order of the key.
struct TableContents: Sendable, Equatable {
    let table: String
    /// The columns that the digest is of, in its order.
    let columns: [String]
    var rows: Int64 = 0
    /// By column and currency.
    var sums: [MoveReport.MoneySum] = []
    var digest = ""

    /// Says which of them differs; nil when nothing does.
    func difference(from other: TableContents) -> String? {
        if rows != other.rows { return "\(other.rows) rows instead of \(rows)" }
        if sums != other.sums { return "the sums of money differ" }
        return digest == other.digest ? nil : "the digests differ"
    }

    var json: JSONValue {
        [
            "table": .string(table), "columns": .array(columns.map { .string($0) }), "rows": .int(rows),
            "digest": .string(digest),
        ]
    }

    init(table: String, columns: [String]) {
        self.table = table
        self.columns = columns
    }

    /// Reads what `json` wrote, without the sums; nil when it is something else.
    init?(_ json: JSONValue) {
        guard let table = json["table"]?.string, let columns = json["columns"]?.array?.compactMap(\.string),
            let rows = json["rows"]?.int, let digest = json["digest"]?.string
        else { return nil }
        self.table = table
        self.columns = columns
        self.rows = rows
        self.digest = digest
    }
}

/// Takes in a table's rows one by one.
struct TableCounting {
    private static let pieceBytes = 1 << 16

    private let shape: TableShape
    private var contents: TableContents
    private var digest = RunningDigest()
    private var piece: [UInt8] = []
    private let moneyColumns: [Int]
    private let currencyColumn: Int?
    /// By currency, in the order of `moneyColumns`.
    private var sums: [SQLValue: [Int64]] = [:]

    init(_ shape: TableShape) {
        self.shape = shape
        contents = TableContents(table: shape.name, columns: shape.columns.map(\.name))
        piece.reserveCapacity(Self.pieceBytes * 2)
        moneyColumns = shape.columns.indices.filter { index in
            shape.columns[index].name.hasSuffix("_minor") && shape.columns[index].kind == .integer
        }
        currencyColumn = shape.position(of: "currency")
    }

    /// Takes in a row, whose values are in the order of the shape's columns; texts may come as their bytes.
    /// Throws `MoveError.mismatch` when money does not fit 64 bits or a value is of another kind.
    mutating func take(_ values: [SQLValue]) throws(MoveError) {
        contents.rows += 1
        for (column, value) in zip(shape.columns, values) {
            switch (value, column.kind) {
            case (.null, _): piece.append(0)
            case (.int(let number), .integer):
                piece.append(1)
                append(UInt64(bitPattern: number))
            case (.text(let text), .text): append(text.utf8)
            // The source's texts are read as they lie there, and checked before they are taken for texts.
            case (.blob(let bytes), .text), (.blob(let bytes), .bytes): append(bytes)
            default: throw .mismatch(table: shape.name, what: "\(column.name) is of another kind")
            }
        }
        if piece.count >= Self.pieceBytes {
            digest.update(piece)
            piece.removeAll(keepingCapacity: true)
        }
        if !moneyColumns.isEmpty { try addMoney(values) }
    }

    /// All of it.
    mutating func finish() -> TableContents {
        digest.update(piece)
        piece = []
        contents.digest = Hex.encode(digest.value())
        contents.sums = moneyColumns.enumerated().flatMap { place, column in
            sums.map { currency, amounts in
                MoveReport.MoneySum(
                    name: shape.columns[column].name, currency: Self.text(currency), amountMinor: amounts[place])
            }.sorted { $0.currency < $1.currency }
        }
        return contents
    }

    private mutating func append(_ bytes: some Collection<UInt8>) {
        piece.append(2)
        append(UInt64(bytes.count))
        piece.append(contentsOf: bytes)
    }

    private mutating func append(_ number: UInt64) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            piece.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    private mutating func addMoney(_ values: [SQLValue]) throws(MoveError) {
        let currency: SQLValue
        switch currencyColumn.map({ values[$0] }) {
        case .text(let text)?: currency = .blob(Array(text.utf8))
        case let value?: currency = value
        case nil: currency = .null
        }
        var amounts = sums[currency] ?? [Int64](repeating: 0, count: moneyColumns.count)
        for (place, column) in moneyColumns.enumerated() {
            guard case .int(let amount) = values[column] else { continue }
            let (sum, isTooMuch) = amounts[place].addingReportingOverflow(amount)
            if isTooMuch {
                throw .mismatch(table: shape.name, what: "\(shape.columns[column].name) sums up to more than 64 bits")
            }
            amounts[place] = sum
        }
        sums[currency] = amounts
    }

    private static func text(_ currency: SQLValue) -> String {
        guard case .blob(let bytes) = currency else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
