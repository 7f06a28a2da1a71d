internal import Database

/// The target's tables within the one transaction of a move.
struct TargetTables {
    private let tx: Transaction
    let shapes: [TableShape]

    init(_ shapes: [TableShape], in tx: Transaction) {
        self.shapes = shapes
        self.tx = tx
    }

    /// Keeps everybody else out until the transaction ends: neither a half-copied row nor an empty table that is about to
    /// be filled is seen, so that no server can start on it. Throws `MoveError.moveUnderWay`.
    func lock() throws {
        // A table may take as long as it needs. The wait for a lock stays bounded.
        try tx.execute("SET LOCAL statement_timeout = 0")
        try tx.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        // What is read back is sorted.
        try tx.execute("SET LOCAL work_mem = '64MB'")
        let turn = try tx.row("SELECT pg_try_advisory_xact_lock(7239002, hashtext(current_schema())) AS mine")
        guard try turn?.bool("mine") == true else { throw MoveError.moveUnderWay }
        try MoveGate.close(tx)
        let names = (shapes.map(\.quotedName) + ["database_moves"]).joined(separator: ", ")
        try tx.execute(SQL(unsafe: "LOCK TABLE \(names) IN ACCESS EXCLUSIVE MODE"))
    }

    /// The first table that has a row.
    func firstWithRows() throws -> String? {
        for shape in shapes
        where try tx.row(SQL(unsafe: "SELECT 1 AS one FROM \(shape.quotedName) LIMIT 1")) != nil {
            return shape.name
        }
        return nil
    }

    /// Runs `body` while no trigger of the schema fires: rows of money may be put in the place of their own copies, and
    /// what triggers derived in the source is copied as it is.
    func withoutTriggers(_ body: () throws -> Void) throws {
        let triggers = try tx.rows(
            """
            SELECT quote_ident(c.relname) AS table_name, quote_ident(t.tgname) AS name
            FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
            WHERE c.relnamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = current_schema())
                AND NOT t.tgisinternal AND t.tgenabled = 'O'
            ORDER BY 1, 2
            """
        ).map { (table: try $0.text("table_name"), name: try $0.text("name")) }
        for trigger in triggers {
            try tx.execute(SQL(unsafe: "ALTER TABLE \(trigger.table) DISABLE TRIGGER \(trigger.name)"))
        }
        try body()
        for trigger in triggers {
            try tx.execute(SQL(unsafe: "ALTER TABLE \(trigger.table) ENABLE TRIGGER \(trigger.name)"))
        }
    }

    /// Removes every row.
    func empty() throws {
        try tx.execute(SQL(unsafe: "TRUNCATE \(shapes.map(\.quotedName).joined(separator: ", "))"))
    }

    /// Puts a page's rows in, whose values are in the order of the shape's columns.
    func insert(_ page: [Row], into shape: TableShape) throws {
        var columns = shape.columns.map { ArrayText($0.kind) }
        for row in page {
            for (index, value) in row.values.enumerated() { columns[index].append(value) }
        }
        let names = shape.columns.map { TableShape.quoted($0.name) }.joined(separator: ", ")
        let arrays = shape.columns.enumerated().map { "CAST($\($0 + 1) AS \($1.type)[])" }.joined(separator: ", ")
        do {
            let count = try tx.execute(
                SQL(
                    unsafe: """
                        INSERT INTO \(shape.quotedName) (\(names)) OVERRIDING SYSTEM VALUE
                        SELECT * FROM unnest(\(arrays))
                        """, values: columns.map(\.value)))
            guard count == page.count else {
                throw MoveError.mismatch(table: shape.name, what: "\(count) rows of \(page.count) were taken")
            }
        } catch let error as DatabaseError where error.isOfRows {
            throw MoveError.rowsRefused(table: shape.name, error)
        }
    }

    /// What a table holds, by some of its columns, read back in the order of the key.
    func contents(
        of shape: TableShape, pageRows: Int, _ progress: (Int) throws -> Void = { _ in }
    ) throws -> TableContents {
        // The same order as SQLite's, whatever the database's own collation is.
        let key = shape.key.map { name in
            let position = shape.position(of: name)
            let isText = position.map { shape.columns[$0].kind == .text } ?? false
            return TableShape.quoted(name) + (isText ? " COLLATE \"C\"" : "")
        }.joined(separator: ", ")
        let names = shape.columns.map { TableShape.quoted($0.name) }.joined(separator: ", ")
        try tx.execute(
            SQL(
                unsafe: """
                    DECLARE kessai_moving NO SCROLL CURSOR FOR SELECT \(names) FROM \(shape.quotedName) ORDER BY \(key)
                    """))
        var counting = TableCounting(shape)
        while true {
            let page = try tx.rows(SQL(unsafe: "FETCH \(pageRows) FROM kessai_moving"), rowsMax: pageRows)
            for row in page { try counting.take(row.values) }
            try progress(page.count)
            if page.count < pageRows { break }
        }
        try tx.execute("CLOSE kessai_moving")
        return counting.finish()
    }

    /// Lets the numbers that the database gives by itself go on after `last`, for each table and column that has some.
    func continueNumbers(after last: (_ table: String, _ column: String) throws -> Int64) throws {
        for shape in shapes {
            for column in shape.columns where column.kind == .integer {
                let sequence = try tx.row(
                    "SELECT pg_get_serial_sequence(quote_ident(\(shape.name)), \(column.name)) AS name")
                guard let name = try sequence?.textOrNil("name") else { continue }
                // Unlike setval, this is undone with the transaction.
                let next = max(try last(shape.name, column.name), 0) + 1
                try tx.execute(SQL(unsafe: "ALTER SEQUENCE \(name) RESTART WITH \(next)"))
            }
        }
    }

    /// Lets the planner know what came.
    func analyze() throws { try tx.execute(SQL(unsafe: "ANALYZE \(shapes.map(\.quotedName).joined(separator: ", "))")) }
}

extension DatabaseError {
    /// Whether a row or value is at fault, and not the server.
    fileprivate var isOfRows: Bool {
        switch self {
        case .uniqueViolation, .foreignKeyViolation, .checkViolation, .notNullViolation, .refusedByTrigger: true
        case .statement(let code, _): code.hasPrefix("22") || code.hasPrefix("54")
        default: false
        }
    }
}
