internal import Database

/// A table of the snapshot, read page by page in the order of its key.
struct SourceTable: Sendable {
    /// Rows that one page has at most, and about how many bytes: a page is what is held in memory.
    static let pageRowsMax = 1_000
    static let pageBytesMax = 4 << 20

    let shape: TableShape
    /// How many rows there are.
    let rows: Int64
    /// Rows of a page.
    let pageRows: Int
    private let columnList: String
    private let keyList: String
    private let keyPositions: [Int]

    init(_ shape: TableShape, in tx: Transaction) throws {
        self.shape = shape
        let width = shape.columns.map { column in
            column.kind == .integer
                ? "8" : "COALESCE(length(CAST(\(TableShape.quoted(column.name)) AS BLOB)), 0)"
        }.joined(separator: " + ")
        let size = try tx.row(
            SQL(unsafe: "SELECT COUNT(*) AS rows, MAX(\(width)) AS widest FROM \(shape.quotedName)"))
        rows = try size?.int("rows") ?? 0
        let widest = Int(try size?.intOrNil("widest") ?? 0)
        pageRows = Self.pageRows(widestBytes: widest)
        // Texts are read as they lie in the file: read as texts, what is no UTF-8 would be mended unseen.
        columnList = shape.columns.map { column in
            let name = TableShape.quoted(column.name)
            return column.kind == .text ? "CAST(\(name) AS BLOB) AS \(name)" : name
        }.joined(separator: ", ")
        keyList = shape.key.map { "t.\(TableShape.quoted($0))" }.joined(separator: ", ")
        keyPositions = shape.key.compactMap { shape.position(of: $0) }
    }

    /// How many rows fit into a page when the widest has so many bytes.
    static func pageRows(widestBytes: Int) -> Int { min(max(pageBytesMax / max(widestBytes, 1), 1), pageRowsMax) }

    /// Calls `body` with every page, its texts checked. Throws `MoveError.unmovableText`, and what `body` throws.
    func pages(of snapshot: any Snapshot, _ body: ([Row]) throws -> Void) throws {
        var after: [SQLValue] = []
        while true {
            let page = try snapshot.read { tx in try tx.rows(statement(after: after), rowsMax: pageRows) }
            guard let last = page.last else { return }
            for row in page { try check(row) }
            after = keyPositions.map { keyValue(last.values[$0], of: shape.columns[$0]) }
            try body(page)
            if page.count < pageRows { return }
        }
    }

    private func statement(after key: [SQLValue]) -> SQL {
        let places = key.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        let condition = key.isEmpty ? "" : "WHERE (\(keyList)) > (\(places)) "
        return SQL(
            unsafe: """
                SELECT \(columnList) FROM \(shape.quotedName) AS t \(condition)ORDER BY \(keyList) LIMIT \(pageRows)
                """, values: key)
    }

    private func keyValue(_ value: SQLValue, of column: TableShape.Column) -> SQLValue {
        guard case .blob(let bytes) = value, column.kind == .text else { return value }
        return .text(String(decoding: bytes, as: UTF8.self))
    }

    private func check(_ row: Row) throws(MoveError) {
        for (value, column) in zip(row.values, shape.columns) where column.kind == .text {
            guard case .blob(let bytes) = value else { continue }
            let reason: String
            if bytes.contains(0) {
                reason = "holds a NUL character"
            } else if String(validating: bytes, as: UTF8.self) == nil {
                reason = "is not UTF-8"
            } else {
                continue
            }
            throw .unmovableText(table: shape.name, key: keyText(row), column: column.name, reason: reason)
        }
    }

    /// The key as an operator finds the row by it.
    private func keyText(_ row: Row) -> String {
        keyPositions.map { position in
            let value: String
            switch keyValue(row.values[position], of: shape.columns[position]) {
            case .null: value = "NULL"
            case .int(let number): value = String(number)
            case .text(let text): value = String(text.filter { !$0.isNewline && $0 != "\0" }.prefix(100))
            case .blob(let bytes): value = "\(bytes.count) bytes"
            }
            return "\(shape.columns[position].name)=\(value)"
        }.joined(separator: ", ")
    }
}
