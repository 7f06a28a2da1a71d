internal import Database
internal import Kernel

/// Products in the database, within a transaction.
struct ProductRepository {
    let tx: Transaction

    private static let columns = "id, name, description, unit_amount_minor, currency, stock, active"

    func find(_ id: String) throws -> Product? {
        try tx.row("SELECT \(unsafe: Self.columns) FROM products WHERE id = \(id)").map(Product.init)
    }

    /// The product, held against every other writer until the transaction ends.
    func lock(_ id: String) throws -> Product? {
        try tx.row("SELECT \(unsafe: Self.columns) FROM products WHERE id = \(id)\(unsafe: tx.forUpdate)")
            .map(Product.init)
    }

    /// What is sold, by name; a page after the product of `cursor`.
    func active(after cursor: Product?, limit: Int) throws -> [Product] {
        let (name, id) = (cursor?.name ?? "", cursor?.id ?? "")
        return try tx.rows(
            """
            SELECT \(unsafe: Self.columns) FROM products
            WHERE active = 1 AND (name > \(name) OR (name = \(name) AND id > \(id)))
            ORDER BY name, id LIMIT \(limit)
            """
        ).map(Product.init)
    }

    /// All products by id; a page after `cursor`.
    func all(after cursor: String, limit: Int) throws -> [Product] {
        try tx.rows("SELECT \(unsafe: Self.columns) FROM products WHERE id > \(cursor) ORDER BY id LIMIT \(limit)")
            .map(Product.init)
    }

    /// Stores a new product; false when the id is taken.
    func insert(_ product: Product, at now: Timestamp) throws -> Bool {
        try tx.execute(
            """
            INSERT INTO products (id, name, description, unit_amount_minor, currency, stock, active, created_at_ms,
                updated_at_ms)
            VALUES (\(product.id), \(product.name), \(product.description), \(product.unitAmount.amountMinor),
                \(product.unitAmount.currency), \(product.stock), \(product.active), \(now), \(now))
            ON CONFLICT (id) DO NOTHING
            """) == 1
    }

    /// Writes what an operator changed. The stock is a count at this moment: orders take from it meanwhile.
    func update(_ product: Product, at now: Timestamp) throws {
        try tx.send(
            """
            UPDATE products SET name = \(product.name), description = \(product.description),
                unit_amount_minor = \(product.unitAmount.amountMinor), currency = \(product.unitAmount.currency),
                stock = \(product.stock), active = \(product.active), updated_at_ms = \(now)
            WHERE id = \(product.id)
            """)
    }

    /// Takes `quantity` of an active product in one statement that checks and takes at once (law 11). Returns the
    /// product, or nil when it is not sold or there are not so many.
    func take(_ quantity: Int64, of id: String) throws -> Product? {
        try tx.row(
            """
            UPDATE products SET stock = stock - \(quantity)
            WHERE id = \(id) AND active = 1 AND (stock IS NULL OR stock >= \(quantity))
            RETURNING \(unsafe: Self.columns)
            """
        ).map(Product.init)
    }

    /// Puts back what was taken for an order that will never be paid; never beyond what a product may have.
    func putBack(_ quantity: Int64, of id: String) throws {
        try tx.send(
            """
            UPDATE products SET stock = CASE WHEN stock > \(Product.stockMax) - \(quantity)
                THEN \(Product.stockMax) ELSE stock + \(quantity) END
            WHERE id = \(id) AND stock IS NOT NULL
            """)
    }
}

extension Product {
    fileprivate init(_ row: Row) throws {
        self.init(
            id: try row.text("id"), name: try row.text("name"), description: try row.text("description"),
            unitAmount: Money(try row.int("unit_amount_minor"), try row.currency("currency")),
            stock: try row.intOrNil("stock"), active: try row.bool("active"))
    }
}
