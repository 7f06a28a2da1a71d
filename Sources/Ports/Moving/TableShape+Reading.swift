internal import Database

extension TableShape {
    /// Every table of a database that holds rows of ours, by name.
    static func all(in tx: Transaction) throws -> [TableShape] {
        switch tx.dialect {
        case .sqlite: try sqlite(tx)
        case .postgresql: try postgresql(tx)
        }
    }

    private static func sqlite(_ tx: Transaction) throws -> [TableShape] {
        // Virtual tables and those behind them are the engine's own way to search; the other one has its own.
        let names = try tx.rows(
            """
            SELECT name FROM pragma_table_list
            WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name
            """
        ).map { try $0.text("name") }
        return try names.filter { !MovingSchema.ownTables.contains($0) }.map { name in
            let columns = try tx.rows(
                "SELECT name, type, pk FROM pragma_table_xinfo(\(name)) WHERE hidden = 0 ORDER BY name")
            let references = try tx.rows("SELECT DISTINCT \"table\" AS name FROM pragma_foreign_key_list(\(name))")
            return TableShape(
                name: name,
                columns: try columns.map { row in
                    let type = try row.text("type")
                    return Column(name: try row.text("name"), kind: sqliteKind(type), type: type)
                },
                key: try columns.filter { try $0.int("pk") > 0 }.sorted { try $0.int("pk") < $1.int("pk") }
                    .map { try $0.text("name") },
                references: Set(try references.map { try $0.text("name") }))
        }
    }

    private static func sqliteKind(_ type: String) -> Kind {
        switch type.uppercased() {
        case "INTEGER", "INT": .integer
        case "TEXT": .text
        case "BLOB": .bytes
        default: .other(type)
        }
    }

    private static func postgresql(_ tx: Transaction) throws -> [TableShape] {
        let ours =
            "c.relnamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = current_schema())"
        let names = try tx.rows(
            """
            SELECT c.relname AS name FROM pg_catalog.pg_class c
            WHERE \(unsafe: ours) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            ORDER BY c.relname COLLATE "C"
            """
        ).map { try $0.text("name") }
        let columns = try tx.rows(
            """
            SELECT c.relname AS table_name, a.attname AS name, pg_catalog.format_type(a.atttypid, NULL) AS type,
                array_position(i.indkey::int2[], a.attnum) AS key_position
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                AND a.attgenerated = ''
            LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary
            WHERE \(unsafe: ours) AND c.relkind IN ('r', 'p')
            ORDER BY c.relname COLLATE "C", a.attname COLLATE "C"
            """)
        let references = try tx.rows(
            """
            SELECT c.relname AS table_name, o.relname AS other FROM pg_catalog.pg_constraint f
            JOIN pg_catalog.pg_class c ON c.oid = f.conrelid JOIN pg_catalog.pg_class o ON o.oid = f.confrelid
            WHERE \(unsafe: ours) AND f.contype = 'f'
            """)
        return try names.filter { !MovingSchema.ownTables.contains($0) }.map { name in
            let own = try columns.filter { try $0.text("table_name") == name }
            return TableShape(
                name: name,
                columns: try own.map { row in
                    let type = try row.text("type")
                    return Column(name: try row.text("name"), kind: postgresqlKind(type), type: type)
                },
                key: try own.filter { try $0.value("key_position") != .null }
                    .sorted { try $0.int("key_position") < $1.int("key_position") }.map { try $0.text("name") },
                references: Set(
                    try references.filter { try $0.text("table_name") == name }.map { try $0.text("other") }))
        }
    }

    private static func postgresqlKind(_ type: String) -> Kind {
        switch type {
        // 0 and 1 are what a boolean is read as, and what it is written from.
        case "bigint", "integer", "smallint", "boolean": .integer
        case "text", "character varying": .text
        case "bytea": .bytes
        default: .other(type)
        }
    }
}
