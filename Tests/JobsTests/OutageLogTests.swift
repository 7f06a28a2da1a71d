import Database
import DatabaseTesting
import Kernel
import KernelTesting
import Testing

@testable import Jobs

/// What the log says while the database is away: little, and enough.
@Suite struct OutageLogTests {
    private let clock = ManualClock()
    private let recorder = LogRecorder()
    private let gone = DatabaseError.unavailable(reason: "gone")

    private var told: [String] {
        recorder.lines.map { line in
            ([line.event] + line.fields.map { "\($0.0)=\($0.1)" }).joined(separator: " ")
        }
    }

    @Test func `a warning at the beginning, one a minute with a count, and a line at the end`() {
        let outage = OutageLog(clock: clock, log: recorder.log(clock: clock))
        // Five parts ask once a second, for two and a half minutes.
        let lanes = ["default", "mail", "payments", "vendors"].map { OutageLog.Part.lane(queue: $0) }
        for _ in 0..<150 {
            for lane in lanes { outage.failed(lane, gone) }
            outage.failed(.housekeeping, gone)
            clock.advance(by: .seconds(1))
        }
        for part in lanes + [.housekeeping] { outage.succeeded(part) }
        for part in lanes + [.housekeeping] { outage.succeeded(part) }
        #expect(
            told == [
                "jobs_not_claimed queue=string(\"default\") error=string(\"DatabaseError.unavailable(reason: \\\"gone\\\")\")",
                "jobs_outage_lasts failures=int(301) lasts_ms=int(60000) "
                    + "error=string(\"DatabaseError.unavailable(reason: \\\"gone\\\")\")",
                "jobs_outage_lasts failures=int(601) lasts_ms=int(120000) "
                    + "error=string(\"DatabaseError.unavailable(reason: \\\"gone\\\")\")",
                "jobs_outage_over failures=int(750) lasts_ms=int(150000)",
            ])
        #expect(recorder.lines.map(\.level) == [.warning, .warning, .warning, .info])
    }

    @Test func `it is over when each that failed can ask again, and not before`() {
        let outage = OutageLog(clock: clock, log: recorder.log(clock: clock))
        outage.succeeded(.housekeeping)
        #expect(told.isEmpty)
        outage.failed(.housekeeping, gone)
        outage.failed(.lane(queue: "mail"), gone)
        outage.succeeded(.lane(queue: "mail"))
        outage.succeeded(.lane(queue: "default"))
        // What fails for ever is told of once a minute, whatever else succeeds.
        clock.advance(by: .seconds(60))
        outage.failed(.housekeeping, gone)
        outage.succeeded(.lane(queue: "mail"))
        #expect(recorder.lines.map(\.event) == ["job_housekeeping_failed", "jobs_outage_lasts"])
        outage.succeeded(.housekeeping)
        #expect(recorder.lines.map(\.event).last == "jobs_outage_over")
        // The next one is told of anew.
        outage.failed(.lane(queue: "mail"), gone)
        #expect(recorder.lines.map(\.event).last == "jobs_not_claimed")
        #expect(recorder.lines.count == 4)
    }

    @Test func `a clock that is set back says nothing twice`() {
        let outage = OutageLog(clock: clock, log: recorder.log(clock: clock))
        outage.failed(.housekeeping, gone)
        clock.advance(by: .seconds(-3600))
        for _ in 0..<10 { outage.failed(.housekeeping, gone) }
        #expect(recorder.lines.count == 1)
    }

    /// Reads fail too: housekeeping only reads as long as nothing is due.
    private final class AwayDatabase: Database {
        private let inner: any Database
        private let away: FlakyDatabase
        init(_ inner: any Database) {
            self.inner = inner
            away = FlakyDatabase(inner)
        }
        var dialect: SQLDialect { inner.dialect }
        func be(away isAway: Bool) { away.fail(.unavailable(reason: "gone"), times: isAway ? .max : 0) }
        func write<R: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> R) async throws -> R {
            try await away.write(body)
        }
        func read<R: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> R) async throws -> R {
            try await away.write(body)
        }
        func wait(forNotification channel: String, timeout: Duration) async throws {
            try await inner.wait(forNotification: channel, timeout: timeout)
        }
        func close() async {}
    }

    private static func lastsMs(_ line: Log.Line) -> Int64 {
        if case .int(let ms)? = line["lasts_ms"] { ms } else { 0 }
    }

    @Test(arguments: TestEngine.all) func `an idle runner writes a line a minute while its database is away`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let database = AwayDatabase(world.database)
            let definitions = [
                JobDefinition(Greet.self, policy: JobPolicy(queue: "greetings")) { _, _ in },
                JobDefinition(Count.self, policy: JobPolicy(queue: "counts")) { _, _ in },
            ]
            let runner = world.runner(definitions, database: database)
            database.be(away: true)
            try await world.withTimePassing {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await runner.run() }
                    while world.recorder.lines(of: "jobs_outage_lasts").count < 3 { await Task.yield() }
                    database.be(away: false)
                    while world.recorder.lines(of: "jobs_outage_over").isEmpty { await Task.yield() }
                    runner.stop()
                    try await group.waitForAll()
                }
            }
            let lines = world.recorder.lines.filter { $0.event.hasPrefix("job") && !$0.event.hasPrefix("job_runner") }
            #expect(["jobs_not_claimed", "job_housekeeping_failed"].contains(lines.first?.event))
            #expect(lines.last?.event == "jobs_outage_over")
            #expect(lines.dropFirst().dropLast().allSatisfy { $0.event == "jobs_outage_lasts" })
            // By what they say themselves: the clock moves on while a line is being written.
            let lasted = [0] + lines.dropFirst().dropLast().map { Self.lastsMs($0) }
            for (before, after) in zip(lasted, lasted.dropFirst()) { #expect(after - before >= 60_000) }
            guard case .int(let failures)? = lines.last?["failures"] else {
                Issue.record("no count")
                return
            }
            #expect(failures > 3)
        }
    }
}
