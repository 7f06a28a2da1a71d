import Database
import DriverSupport
import Testing

@testable import PostgresDriver

/// Notifications go in transactions of their own, one for all that ask for them while it waits.
struct PostgresNotifierTests {
    /// A transaction's other side, which only writes down what it is told.
    private final class Session: SQLSession {
        var told: [SQLValue] = []
        func run(_ sql: SQL, rowsMax: Int) throws -> SQLResult {
            told += sql.values
            return SQLResult(rows: [], changedRows: 0)
        }
        func notify(_ channel: String) throws {}
    }

    /// A line that nobody serves.
    private let line = TransactionQueue(waitingMax: 2, workersMax: 1) { _ in }
    private let notifier = PostgresNotifier()

    private func told(by job: any WaitingTransaction) throws -> Set<SQLValue> {
        let session = Session()
        try job.run(in: Transaction(dialect: .postgresql, session: session, savepoints: .presumed))
        return Set(session.told)
    }

    @Test func `all that ask while one waits go with it, and the next with another`() throws {
        notifier.notify([], by: line)
        #expect(line.waitingCount == 0)
        for channel in ["one", "two", "one"] { notifier.notify([channel], by: line) }
        #expect(line.waitingCount == 1)
        let first = try #require(line.take(atMost: 1)?.first)
        #expect(try told(by: first) == [.text("one"), .text("two")])
        notifier.notify(["three"], by: line)
        #expect(line.waitingCount == 0)
        // What runs again says the same again.
        #expect(try told(by: first) == [.text("one"), .text("two")])
        first.finish(nil)
        let second = try #require(line.take(atMost: 1)?.first)
        #expect(try told(by: second) == [.text("three")])
        second.finish(nil)
        #expect(line.waitingCount == 0)
        notifier.notify(["four"], by: line)
        #expect(line.waitingCount == 1)
    }

    @Test func `one that finds no place, or never runs, does not keep the next away`() throws {
        let full = TransactionQueue(waitingMax: 0, workersMax: 1) { _ in }
        notifier.notify(["one"], by: full)
        notifier.notify(["two"], by: line)
        let job = try #require(line.take(atMost: 1)?.first)
        job.finish(DatabaseError.unavailable(reason: "away"))
        notifier.notify(["three"], by: line)
        #expect(try told(by: try #require(line.take(atMost: 1)?.first)) == [.text("three")])
    }
}
