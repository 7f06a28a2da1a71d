internal import Database

/// The schema of the shop.
enum ShopMigrations {
    static let all: [Migration] = [
        Migration(
            "shop/0001_products",
            [
                """
                CREATE TABLE products (
                    id TEXT NOT NULL PRIMARY KEY,
                    name TEXT NOT NULL,
                    description TEXT NOT NULL,
                    unit_amount_minor BIGINT NOT NULL CHECK (unit_amount_minor BETWEEN 1 AND 99999999),
                    currency TEXT NOT NULL,
                    stock BIGINT CHECK (stock IS NULL OR stock BETWEEN 0 AND 1000000000),
                    active BIGINT NOT NULL CHECK (active IN (0, 1)),
                    created_at_ms BIGINT NOT NULL,
                    updated_at_ms BIGINT NOT NULL
                )
                """,
                "CREATE INDEX products_active ON products (name, id) WHERE active = 1",
                """
                CREATE TABLE shop_deliveries (
                    order_id TEXT NOT NULL PRIMARY KEY,
                    delivered_at_ms BIGINT NOT NULL
                )
                """,
            ]),
        // A delivery is its order's, so it is kept by it and nothing beside.
        Migration(
            "shop/0002_clustered_deliveries",
            sqlite: [
                """
                CREATE TABLE shop_deliveries_clustered (
                    order_id TEXT NOT NULL PRIMARY KEY,
                    delivered_at_ms INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID
                """,
                """
                INSERT INTO shop_deliveries_clustered (order_id, delivered_at_ms)
                SELECT order_id, delivered_at_ms FROM shop_deliveries
                """,
                "DROP TABLE shop_deliveries",
                "ALTER TABLE shop_deliveries_clustered RENAME TO shop_deliveries",
            ], postgresql: []),
    ]
}
