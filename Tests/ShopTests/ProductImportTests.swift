import Audit
import Database
import DatabaseTesting
import Kernel
import KernelTesting
import Testing

@testable import Shop

/// Imports happen in full or not at all.
@Suite struct ProductImportTests {
    private func run(
        _ engine: TestEngine, _ body: (any Database, ProductService) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        try await withDatabase(engine, migrations: AuditSchema.migrations + ShopFeature.migrations, clock: clock) {
            database in
            let ids = IDGenerator(clock: clock, random: SeededRandom())
            try await body(
                database,
                ProductService(database: database, audit: AuditTrail(clock: clock, ids: ids), clock: clock))
        }
    }

    private func product(_ id: String, _ amount: Int64 = 100, _ currency: Currency = .jpy) -> Product {
        Product(id: id, name: id, description: "", unitAmount: Money(amount, currency), stock: 1, active: true)
    }

    private func count(_ table: StaticString, _ database: any Database) async throws -> Int64? {
        try await database.read { tx in try tx.row(SQL(unsafe: "SELECT COUNT(*) AS count FROM \(table)"))?.int("count")
        }
    }

    @Test(arguments: TestEngine.all)
    func `a repeat changes nothing, and every change leaves an entry`(engine: TestEngine) async throws {
        try await run(engine) { database, service in
            let first = try await service.importAll([product("a"), product("b")], by: .cli)
            #expect(first == .init(created: 2, changed: 0, unchanged: 0))
            let again = try await service.importAll([product("a"), product("b")], by: .cli)
            #expect(again == .init(created: 0, changed: 0, unchanged: 2))
            let mixed = try await service.importAll([product("b", 200), product("a"), product("c")], by: .cli)
            #expect(mixed == .init(created: 1, changed: 1, unchanged: 1))
            #expect(try await count("audit_entries", database) == 4)
        }
    }

    @Test(arguments: TestEngine.all)
    func `one product that the schema refuses keeps all of them out`(engine: TestEngine) async throws {
        try await run(engine) { database, service in
            await #expect(throws: DatabaseError.self) {
                try await service.importAll([product("a"), product("b", 0), product("c")], by: .cli)
            }
            let kept = [try await count("products", database), try await count("audit_entries", database)]
            #expect(kept == [0, 0])
        }
    }

    @Test(arguments: TestEngine.all)
    func `an import cannot change a product's currency`(engine: TestEngine) async throws {
        try await run(engine) { database, service in
            _ = try await service.importAll([product("a")], by: .cli)
            await #expect(throws: ShopError.currencyChanged("a")) {
                try await service.importAll([product("b"), product("a", 100, .usd)], by: .cli)
            }
            #expect(try await count("products", database) == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `imports of the same products in other orders do not block each other`(engine: TestEngine) async throws {
        try await run(engine) { database, service in
            let ids = (0..<20).map { "p\($0)" }
            _ = try await service.importAll(ids.map { product($0) }, by: .cli)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for turn in 0..<6 {
                    let list = (turn.isMultiple(of: 2) ? ids : ids.reversed()).map { product($0, Int64(200 + turn)) }
                    group.addTask { _ = try await service.importAll(list, by: .cli) }
                }
                try await group.waitForAll()
            }
            let prices = try await database.read { tx in
                try tx.rows("SELECT DISTINCT unit_amount_minor FROM products").count
            }
            #expect(prices == 1)
        }
    }
}
