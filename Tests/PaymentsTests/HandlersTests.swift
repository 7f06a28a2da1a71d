import Database
import DatabaseTesting
import JSON
import Jobs
import Kernel
import KernelTesting
import StripeClient
import Synchronization
import Testing

@testable import Payments

/// Several features may subscribe to one type of event: all their handlers run, in order, in the one transaction.
@Suite struct HandlersTests {
    /// What was called, in order.
    private final class Calls: Sendable {
        private let kept = Mutex<[String]>([])
        var all: [String] { kept.withLock { $0 } }
        func add(_ name: String) { kept.withLock { $0.append(name) } }
    }

    private struct Fault: Error {}

    private struct Subscriber: EventHandler {
        let name: String
        let calls: Calls
        let types = ["thing.happened"]
        let body: @Sendable () throws -> EventOutcome

        func handle(_ event: StripeEvent, in tx: Transaction, notes: Notes) throws -> EventOutcome {
            calls.add(name)
            try tx.execute("INSERT INTO installation_notes (name) VALUES (\(name))")
            return try body()
        }
    }

    private static let notes = Migration(
        "tests/0001_notes", ["CREATE TABLE installation_notes (name TEXT NOT NULL)"])

    private func run(
        on engine: TestEngine, _ bodies: [@Sendable () throws -> EventOutcome],
        _ check: (Inbox, any Database, Calls, SignedEvent) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        let migrations = JobsSchema.migrations + PaymentsFeature.migrations + [Self.notes]
        try await withDatabase(engine, migrations: migrations, clock: clock) { database in
            let ids = IDGenerator(clock: clock, random: SeededRandom(3))
            let calls = Calls()
            let handlers = bodies.enumerated().map { index, body in
                Subscriber(name: "handler \(index)", calls: calls, body: body)
            }
            let inbox = Inbox(
                database: database, handlers: ["thing.happened": handlers], livemode: false,
                installation: try await Installation.load(from: database, ids: ids),
                jobs: JobQueue(clock: clock, ids: ids), clock: clock, ids: ids, log: .silent)
            let event: JSONValue = [
                "id": "evt_1", "object": "event", "type": "thing.happened", "created": 1,
                "data": ["object": ["object": "thing", "id": "th_1"]],
            ]
            try await check(inbox, database, calls, try SignedEvent(verified: event.bytes()))
        }
    }

    private func names(_ database: any Database) async throws -> [String] {
        try await database.read { tx in
            try tx.rows("SELECT name FROM installation_notes ORDER BY name").map { try $0.text("name") }
        }
    }

    @Test(arguments: TestEngine.all)
    func `all handlers of a type run, in order, and what was applied is told`(engine: TestEngine) async throws {
        try await run(on: engine, [{ .ignored("not_mine") }, { .applied("mine") }, { .applied("mine_too") }]) {
            inbox, database, calls, event in
            let receipt = try await inbox.take(event, rawBody: [], path: "/")
            #expect(receipt == .taken(.applied("mine")))
            #expect(calls.all == ["handler 0", "handler 1", "handler 2"])
            let again = try await inbox.take(event, rawBody: [], path: "/")
            #expect(again == .repeated)
            #expect(calls.all.count == 3)
        }
    }

    @Test(arguments: TestEngine.all)
    func `one that fails undoes its own part only, and the event is tried again`(engine: TestEngine) async throws {
        try await run(on: engine, [{ .applied("mine") }, { throw Fault() }, { .applied("mine_too") }]) {
            inbox, database, calls, event in
            let receipt = try await inbox.take(event, rawBody: [], path: "/")
            #expect(receipt == .taken(.waiting("fault")))
            // A run that was given up may have come before.
            #expect(calls.all.suffix(3) == ["handler 0", "handler 1", "handler 2"])
            let kept = try await names(database)
            #expect(kept == ["handler 0", "handler 2"])
        }
    }

    @Test(arguments: TestEngine.all)
    func `what waits is tried again before what cannot be read is given up`(engine: TestEngine) async throws {
        let unreadable = StripeShapeError(object: "thing", field: "size", problem: .missing)
        try await run(on: engine, [{ throw unreadable }, { .waiting("order") }, { .applied("mine") }]) {
            inbox, database, calls, event in
            let receipt = try await inbox.take(event, rawBody: [], path: "/")
            #expect(receipt == .taken(.waiting("order")))
        }
        try await run(on: engine, [{ .applied("mine") }, { throw unreadable }]) { inbox, database, calls, event in
            let receipt = try await inbox.take(event, rawBody: [], path: "/")
            #expect(receipt == .taken(.unreadable("thing.size is missing")))
        }
    }
}
