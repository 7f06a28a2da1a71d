import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import Testing

@testable import Payments

/// The step that keeps the story and the postings in their order, on a database that has some.
@Suite(.timeLimit(.minutes(5))) struct ClusteredRowsTests {
    private static let before = PaymentsMigrations.all.prefix { $0.id != PaymentsMigrations.clusteredRows.id }

    @Test(arguments: TestEngine.all)
    func `rows stay what they were, and can still not be edited or deleted`(_ engine: TestEngine) async throws {
        let clock = ManualClock()
        try await withDatabase(engine, migrations: Array(Self.before), clock: clock) { database in
            let rows = [
                """
                INSERT INTO orders (id, seller, total_minor, currency, status, created_at_ms, expires_at_ms)
                VALUES ('order-b', 'shop', 100, 'jpy', 'pending', 1, 2), ('order-a', 'shop', 100, 'jpy', 'pending', 1, 2)
                """,
                """
                INSERT INTO order_history (id, order_id, at_ms, kind, cause_kind, cause_id, detail)
                VALUES ('2', 'order-b', 7, 'second', 'event', 'evt_2', '{"a":"é"}'),
                    ('1', 'order-b', 5, 'first', 'request', 'req_1', '{}'), ('3', 'order-a', 9, 'other', 'job', 'j', '{}')
                """,
                """
                INSERT INTO journal_entries (id, order_id, kind, source_id, created_at_ms)
                VALUES ('entry', 'order-b', 'payment', 'pi_1', 8)
                """,
                """
                INSERT INTO postings (entry_id, position, account, amount_minor, currency)
                VALUES ('entry', 1, 'sales', -100, 'jpy'), ('entry', 0, 'stripe_balance', 100, 'jpy')
                """,
            ]
            for row in rows { try await database.write { try $0.execute(SQL(unsafe: row)) } }
            _ = try await Migrator(database: database, migrations: PaymentsMigrations.all, clock: clock).migrate()
            let story = try await database.read { try OrderHistory.entries(of: OrderID("order-b"), in: $0) }
            #expect(story.map(\.kind) == ["first", "second"])
            #expect(story.last?.detail["a"] == "é")
            #expect(story.map(\.at.epochMs) == [5, 7])
            let postings = try await database.read { try Journal.postings(of: OrderID("order-b"), in: $0) }
            #expect(postings.map(\.account) == ["stripe_balance", "sales"])
            #expect(postings.map(\.amount.amountMinor) == [100, -100])
            for statement in [
                "UPDATE order_history SET kind = 'edited'", "DELETE FROM order_history",
                "UPDATE postings SET amount_minor = 1", "DELETE FROM postings",
            ] {
                let error = await failure { try await database.write { try $0.execute(SQL(unsafe: statement)) } }
                #expect(error as? DatabaseError == .refusedByTrigger, "\(statement)")
            }
            for statement in [
                "INSERT INTO postings (entry_id, position, account, amount_minor, currency) VALUES ('entry', 0, 'sales', 1, 'jpy')",
                """
                INSERT INTO order_history (id, order_id, at_ms, kind, cause_kind, cause_id, detail)
                VALUES ('1', 'order-b', 5, 'again', 'request', 'req_1', '{}')
                """,
                """
                INSERT INTO order_history (id, order_id, at_ms, kind, cause_kind, cause_id, detail)
                VALUES ('4', 'no order', 5, 'nobody', 'request', 'req_1', '{}')
                """,
            ] {
                let error = await failure { try await database.write { try $0.execute(SQL(unsafe: statement)) } }
                #expect(error is DatabaseError, "\(statement)")
            }
        }
    }
}
