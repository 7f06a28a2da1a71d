internal import CommandWords
internal import Database
internal import Kernel
internal import KessaiApp
internal import Moving
internal import Shop

/// Keeps the demo, whose operator's password everybody knows, out of a real installation.
enum DemoGuard {
    /// Throws `UsageError` when the environment or `kessai.json` is a real shop's.
    static func requireNoLiveMode() throws {
        guard try Machine.hasLiveStripeKey() else { return }
        throw UsageError(
            message:
                "STRIPE_SECRET_KEY is a live key, so this looks like a real installation; the demo adds log-ins that "
                + "everybody knows. Run it without the key, in a folder without that kessai.json")
    }

    /// Throws `UsageError` unless the database is empty or holds only what a demo put there. Nothing is written.
    static func requireOnlyDemo(
        in database: any Database, logins: [DemoWorld.Login], clock: any WallClock
    ) async throws {
        // It would wait for the locks of a move.
        try await MovingSchema.requireNoneUnderWay(in: database)
        let migrator = Migrator(database: database, migrations: KessaiApp.migrations, clock: clock)
        let tables = Set(try await migrator.status().applied)
        let foreign = try await database.read { tx in
            try checks(logins).first { check in
                // A database of an older program lacks the newer tables.
                try tables.contains(check.step) && tx.row(SQL(unsafe: check.query)) != nil
            }
        }
        guard let foreign else { return }
        throw UsageError(
            message: "the database that DATABASE_URL or --data names has \(foreign.what) that are not the demo's. The "
                + "demo adds an operator whose password everybody knows, so it uses only a database that is empty or "
                + "its own; nothing was written. Name another one, delete the folder of --data if it was a demo's, or "
                + "leave both out")
    }

    private struct Check {
        let what: String
        let step: String
        let query: String
    }

    private static func checks(_ logins: [DemoWorld.Login]) -> [Check] {
        let emails = list(logins.map(\.email))
        let products = list(DemoData.products.map(\.id))
        return [
            Check(
                what: "accounts", step: "accounts/0001_users",
                query: "SELECT 1 AS one FROM users WHERE email_key NOT IN (\(emails)) LIMIT 1"),
            Check(
                what: "products", step: "shop/0001_products",
                query: "SELECT 1 AS one FROM products WHERE id NOT IN (\(products)) LIMIT 1"),
            Check(
                what: "devices", step: "passes/0001_devices",
                query: "SELECT 1 AS one FROM devices WHERE device_id NOT LIKE '\(DemoData.devicePrefix)%' LIMIT 1"),
            // Nobody is logged in who buys for a device, and all devices are the demo's by the check above.
            Check(
                what: "orders", step: "payments/0001_orders",
                query: """
                    SELECT 1 AS one FROM orders WHERE (user_id IS NULL AND seller <> 'passes') OR user_id NOT IN (
                        SELECT id FROM users WHERE email_key IN (\(emails))) LIMIT 1
                    """),
        ]
    }

    /// Constants of the demo as a list of SQL texts.
    private static func list(_ texts: [String]) -> String { texts.map { "'\($0)'" }.joined(separator: ", ") }
}
