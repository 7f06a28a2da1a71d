import Audit
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import Testing

/// S2-MGMT-03 in part: the trail that moderation and every other change by people is written to.
@Suite struct AuditTests {
    private let clock = ManualClock()
    private var trail: AuditTrail { AuditTrail(clock: clock, ids: ids) }
    private let ids: IDGenerator

    init() { ids = IDGenerator(clock: clock, random: SeededRandom()) }

    private func withTrail(_ engine: TestEngine, _ body: (any Database, AuditTrail) async throws -> Void) async throws {
        let trail = trail
        try await withDatabase(engine, migrations: AuditSchema.migrations, clock: clock) { database in
            try await body(database, trail)
        }
    }

    @Test(arguments: TestEngine.all) func `an entry says who did what, when, and what it was`(
        engine: TestEngine
    ) async throws {
        try await withTrail(engine) { database, trail in
            let id = try await database.write { tx in
                try trail.record(
                    actor: .user("u1"), action: "order.refunded", subjectKind: "order", subjectID: "o1",
                    before: ["status": "paid"], after: ["status": "refunded", "理由": "返品"], in: tx)
            }
            let entries = try await database.read { try trail.entries(subjectKind: "order", subjectID: "o1", in: $0) }
            let entry = try #require(entries.first)
            #expect(entries.count == 1)
            #expect(entry.id == id)
            #expect(entry.at == clock.now())
            #expect(entry.actor == .user("u1"))
            #expect(entry.action == "order.refunded")
            #expect(entry.before == ["status": "paid"])
            #expect(entry.after == ["status": "refunded", "理由": "返品"])
        }
    }

    @Test(arguments: TestEngine.all) func `entries are listed newest first, in pages, and of one thing`(
        engine: TestEngine
    ) async throws {
        try await withTrail(engine) { database, trail in
            for number in 0..<5 {
                clock.advance(by: .seconds(1))
                _ = try await database.write { tx in
                    try trail.record(
                        actor: number == 0 ? .cli : .system, action: "step\(number)", subjectKind: "order",
                        subjectID: number == 3 ? "o2" : "o1", in: tx)
                }
            }
            try await database.read { tx in
                let first = try trail.entries(subjectKind: "order", subjectID: "o1", count: 2, in: tx)
                #expect(first.map(\.action) == ["step4", "step2"])
                let last = try #require(first.last)
                let second = try trail.entries(subjectKind: "order", subjectID: "o1", before: last.id, in: tx)
                #expect(second.map(\.action) == ["step1", "step0"])
                #expect(second.last?.actor == .cli)
                #expect(second.last?.before == nil)
                #expect(try trail.entries(count: 3, in: tx).map(\.action) == ["step4", "step3", "step2"])
                #expect(try trail.entries(before: last.id, count: 0, in: tx).map(\.action) == ["step1"])
                #expect(try trail.entries(subjectKind: "user", subjectID: "o1", in: tx).isEmpty)
            }
        }
    }

    @Test(arguments: TestEngine.all) func `entries can be neither edited nor deleted`(engine: TestEngine) async throws {
        try await withTrail(engine) { database, trail in
            _ = try await database.write { tx in
                try trail.record(actor: .system, action: "a", subjectKind: "order", subjectID: "o1", in: tx)
            }
            await #expect(throws: DatabaseError.refusedByTrigger) {
                try await database.write { try $0.execute("UPDATE audit_entries SET action = 'b'") }
            }
            await #expect(throws: DatabaseError.refusedByTrigger) {
                try await database.write { try $0.execute("DELETE FROM audit_entries") }
            }
            if engine == .postgresql {
                await #expect(throws: DatabaseError.refusedByTrigger) {
                    try await database.write { try $0.execute("TRUNCATE audit_entries") }
                }
            }
            let actions = try await database.read { try trail.entries(in: $0).map(\.action) }
            #expect(actions == ["a"])
        }
    }

    @Test(arguments: TestEngine.all)
    func `an entry that is too large or fits no actor is refused, and with it the change`(
        engine: TestEngine
    ) async throws {
        try await withTrail(engine) { database, trail in
            let large = JSONValue.string(String(repeating: "x", count: AuditTrail.jsonBytesMax))
            await #expect(throws: AuditError.tooLarge(bytesMax: AuditTrail.jsonBytesMax)) {
                try await database.write { tx in
                    try trail.record(
                        actor: .system, action: "a", subjectKind: "o", subjectID: "1", after: large, in: tx)
                }
            }
            await #expect(throws: DatabaseError.self) {
                try await database.write { tx in
                    try trail.record(actor: .system, action: "", subjectKind: "o", subjectID: "1", in: tx)
                }
            }
            await #expect(throws: DatabaseError.self) {
                try await database.write {
                    try $0.execute(
                        """
                        INSERT INTO audit_entries (id, at_ms, actor_kind, action, subject_kind, subject_id)
                        VALUES ('1', 1, 'user', 'a', 'o', '1')
                        """)
                }
            }
            let entries = try await database.read { try trail.entries(in: $0) }
            #expect(entries.isEmpty)
        }
    }
}
