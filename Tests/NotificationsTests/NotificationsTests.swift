import Database
import DatabaseTesting
import Jobs
import Kernel
import KernelTesting
import Mail
import Notifications
import Synchronization
import Testing

/// Proves S2-NOTI-10: sending never blocks the request, and failed sends wait as dead letters that can be replayed.
@Suite struct NotificationsTests {
    private final class Postbox: Mailer {
        private let state = Mutex<(mails: [Mail], failures: [MailerError])>(([], []))
        var mails: [Mail] { state.withLock { $0.mails } }

        func fail(_ failures: [MailerError]) { state.withLock { $0.failures = failures } }

        func send(_ mail: Mail) async throws {
            let failure = state.withLock { state -> MailerError? in
                if !state.failures.isEmpty { return state.failures.removeFirst() }
                state.mails.append(mail)
                return nil
            }
            if let failure { throw failure }
        }
    }

    private struct World {
        let database: any Database
        let clock: ManualClock
        let postbox = Postbox()
        let recorder = LogRecorder()
        let feature: NotificationsFeature
        let runner: JobRunner

        init(_ database: any Database, _ clock: ManualClock) {
            self.database = database
            self.clock = clock
            let ids = IDGenerator(clock: clock, random: SeededRandom())
            feature = NotificationsFeature(
                database: database, queue: JobQueue(clock: clock, ids: ids), clock: clock, ids: ids, mailer: postbox)
            runner = JobRunner(
                database: database, clock: clock, random: SeededRandom(), ids: ids,
                log: recorder.log(clock: clock), definitions: feature.jobs)
        }

        func notify(to address: String = "hanako@example.com", key: String) async throws -> Bool {
            let notifications = feature.notifications
            return try await database.write { tx in
                try notifications.mail(
                    to: Redacted(address), subject: "お支払いが完了しました", text: "ありがとうございます", dedupeKey: key,
                    about: "order-1", in: tx)
            }
        }
    }

    private func with(_ engine: TestEngine, _ body: (World) async throws -> Void) async throws {
        let clock = ManualClock()
        try await withDatabase(
            engine, migrations: JobsSchema.migrations + NotificationsFeature.migrations, clock: clock
        ) { database in try await body(World(database, clock)) }
    }

    @Test(arguments: TestEngine.all) func `a mail goes out after the transaction, once for its key`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world async throws in
            #expect(try await world.notify(key: "paid/1"))
            #expect(try await world.notify(key: "paid/1") == false)
            #expect(world.postbox.mails.isEmpty)
            #expect(try await world.runner.runDue() == 1)
            let mail = try #require(world.postbox.mails.first)
            #expect(mail.to.reveal() == "hanako@example.com" && mail.dedupeKey == "paid/1")
            #expect(mail.subject == "お支払いが完了しました" && mail.text == "ありがとうございます")
            #expect(world.postbox.mails.count == 1)
            #expect(!world.recorder.lines.contains { $0.json.contains("hanako") })
        }
    }

    @Test(arguments: TestEngine.all) func `a mail server that is away is tried again`(_ engine: TestEngine) async throws
    {
        try await with(engine) { world async throws in
            world.postbox.fail([.unavailable(reason: "timeout")])
            _ = try await world.notify(key: "k")
            _ = try await world.runner.runDue()
            #expect(world.recorder.lines(of: "job_failed").count == 1)
            world.clock.advance(by: .seconds(2))
            _ = try await world.runner.runDue()
            #expect(world.postbox.mails.count == 1)
        }
    }

    @Test(arguments: TestEngine.all) func `a mail that is refused or unfit waits as a dead letter without the address`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world async throws in
            world.postbox.fail([.refused(reason: "550")])
            _ = try await world.notify(key: "refused")
            _ = try await world.notify(to: "hanako@nowhere\r\nBcc: x@y.z", key: "unfit")
            #expect(try await world.runner.runDue() == 2)
            let administration = JobAdministration(database: world.database, clock: world.clock)
            let dead = try await administration.deadLetters()
            #expect(
                dead.compactMap(\.lastError).sorted() == [
                    "the mail is not fit to send: addressNotValid", "the mail was refused: 550",
                ])
            #expect(!world.recorder.lines.contains { $0.json.contains("hanako") })
            let refused = try #require(dead.first { $0.lastError == "the mail was refused: 550" })
            try await administration.replay(refused.id)
            #expect(try await world.runner.runDue() == 1)
            #expect(world.postbox.mails.map(\.dedupeKey) == ["refused"])
        }
    }
}
