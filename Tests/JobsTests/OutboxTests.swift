import Database
import DatabaseTesting
import Jobs
import Kernel
import KernelTesting
import Testing

/// Law 4's other half: what leaves the machine leaves through the outbox, at least once. Proves S2-NOTI-10.
@Suite struct OutboxTests {
    private struct Letter: Codable, Equatable {
        var text: String
    }

    private struct Channel: OutboxChannel {
        let name: String
        let work: @Sendable (OutboxDelivery, JobContext) async throws -> Void

        init(_ name: String = "post", _ work: @escaping @Sendable (OutboxDelivery, JobContext) async throws -> Void) {
            self.name = name
            self.work = work
        }

        func deliver(_ delivery: OutboxDelivery, _ context: JobContext) async throws {
            try await work(delivery, context)
        }
    }

    private func put(_ world: JobsWorld, _ text: String, key: String, channel: String = "post") async throws -> Bool {
        let outbox = world.outbox
        return try await world.database.write { tx in
            try outbox.put(
                OutboxMessage(channel: channel, dedupeKey: key, subject: "order-1", body: Letter(text: text)), in: tx)
        }
    }

    private func runner(_ world: JobsWorld, _ channels: [Channel]) -> JobRunner {
        world.runner([
            Outbox.deliveryJob(
                channels: channels, database: world.database, clock: world.clock,
                policy: JobPolicy(attemptsMax: 3, backoff: Backoff(first: .seconds(1), longest: .seconds(1))))
        ])
    }

    @Test(arguments: TestEngine.all) func `a message is delivered with its key and body, and marked as sent`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let sent = Ledger<(String, String?, Letter)>()
            let runner = runner(
                world,
                [Channel { delivery, _ in sent.add((delivery.dedupeKey, delivery.subject, try delivery.body())) }])
            #expect(try await put(world, "お支払いが完了しました", key: "paid/1"))
            #expect(try await runner.runDue() == 1)
            #expect(sent.entries.map(\.0) == ["paid/1"])
            #expect(sent.entries.map(\.1) == ["order-1"])
            #expect(sent.entries.map(\.2) == [Letter(text: "お支払いが完了しました")])
            let row = try await world.database.read { tx in try tx.row("SELECT sent_at_ms, attempts FROM outbox") }
            #expect(try row?.time("sent_at_ms") == world.clock.now())
            #expect(try row?.int("attempts") == 1)
            #expect(try await world.administration.jobs(subject: "order-1").map(\.kind) == ["outbox.deliver"])
            #expect(!world.recorder.lines.contains { $0.json.contains("お支払い") })
        }
    }

    @Test(arguments: TestEngine.all) func `a second message with the same key changes nothing`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let sent = Ledger<String>()
            let runner = runner(world, [Channel { delivery, _ in sent.add(try delivery.body(as: Letter.self).text) }])
            #expect(try await put(world, "first", key: "k"))
            #expect(try await put(world, "second", key: "k") == false)
            #expect(try await runner.runDue() == 1)
            #expect(try await put(world, "third", key: "k") == false)
            #expect(try await runner.runDue() == 0)
            #expect(sent.entries == ["first"])
        }
    }

    @Test(arguments: TestEngine.all) func `what was rolled back is never sent`(_ engine: TestEngine) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let outbox = world.outbox
            await #expect(throws: Broken.self) {
                try await world.database.write { tx in
                    try outbox.put(
                        OutboxMessage(channel: "post", dedupeKey: "k", subject: nil, body: Letter(text: "x")), in: tx)
                    throw Broken()
                }
            }
            #expect(try await runner(world, [Channel { _, _ in Issue.record("nothing was said") }]).runDue() == 0)
        }
    }

    @Test(arguments: TestEngine.all) func `a delivery whose mark was lost comes again under the same key`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let keys = Ledger<String>()
            let flaky = FlakyDatabase(world.database)
            let channel = Channel { delivery, _ in
                if keys.add(delivery.dedupeKey) == 1 { flaky.fail(.unavailable(reason: "gone"), times: 1) }
            }
            let runner = world.runner([
                Outbox.deliveryJob(channels: [channel], database: flaky, clock: world.clock)
            ])
            _ = try await put(world, "x", key: "k")
            #expect(try await runner.runDue() == 1)
            world.clock.advance(by: .seconds(2))
            #expect(try await runner.runDue() == 1)
            #expect(keys.entries == ["k", "k"])
            world.clock.advance(by: .seconds(3600))
            #expect(try await runner.runDue() == 0)
        }
    }

    @Test(arguments: TestEngine.all) func `what cannot be delivered is a dead letter that an operator can replay`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let tries = Ledger<Int>()
            let runner = runner(
                world, [Channel { _, context in if tries.add(context.attempt) <= 3 { throw Broken() } }])
            _ = try await put(world, "x", key: "k")
            for _ in 1...5 {
                _ = try await runner.runDue()
                world.clock.advance(by: .seconds(1))
            }
            #expect(tries.entries == [1, 2, 3])
            let dead = try #require(try await world.administration.deadLetters().first)
            try await world.administration.replay(dead.id)
            #expect(try await runner.runDue() == 1)
            #expect(tries.entries == [1, 2, 3, 1])
            #expect(try await world.job(dead.id)?.state == .done)
        }
    }

    @Test(arguments: TestEngine.all) func `a message for a channel of another node waits for it`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            _ = try await put(world, "x", key: "k", channel: "push")
            let old = runner(world, [Channel { _, _ in Issue.record("it is not this channel's") }])
            #expect(try await old.runDue() == 1)
            #expect(world.recorder.lines(of: "outbox_channel_unknown").count == 1)
            world.clock.advance(by: .seconds(60))
            let sent = Ledger<String>()
            let new = runner(world, [Channel("push") { delivery, _ in sent.add(delivery.dedupeKey) }])
            #expect(try await new.runDue() == 1)
            #expect(sent.entries == ["k"])
        }
    }

    @Test(arguments: TestEngine.all) func `a body that cannot be read is a dead letter at once`(_ engine: TestEngine)
        async throws
    {
        try await JobsWorld.with(engine) { world async throws in
            let runner = runner(world, [Channel { delivery, _ in _ = try delivery.body(as: Int.self) }])
            _ = try await put(world, "x", key: "k")
            _ = try await runner.runDue()
            #expect(
                try await world.administration.deadLetters().map(\.lastError) == ["the message's body cannot be read"])
        }
    }

    @Test(arguments: TestEngine.all) func `sent messages are forgotten after their retention, others never`(
        _ engine: TestEngine
    ) async throws {
        try await JobsWorld.with(engine) { world async throws in
            let runner = runner(
                world,
                [Channel { delivery, _ in if delivery.dedupeKey == "bad" { throw JobDiscard("never") } }])
            _ = try await put(world, "x", key: "good")
            _ = try await put(world, "x", key: "bad")
            _ = try await runner.runDue()
            world.clock.advance(by: .seconds(30 * 86_400))
            _ = try await runner.runDue()
            let keys = try await world.database.read { tx in
                try tx.rows("SELECT dedupe_key FROM outbox").map { try $0.text("dedupe_key") }
            }
            #expect(keys == ["bad"])
            #expect(try await put(world, "x", key: "good"))
        }
    }

    @Test func `a message that is too large or has no name is refused`() {
        let long = Letter(text: String(repeating: "x", count: JobLimits.messageBytesMax))
        #expect(throws: JobsError.argumentsNotStorable) {
            try OutboxMessage(channel: "post", dedupeKey: "k", subject: nil, body: long)
        }
        #expect(throws: JobsError.nameNotValid) {
            try OutboxMessage(channel: "", dedupeKey: "k", subject: nil, body: Letter(text: ""))
        }
        #expect(throws: JobsError.nameNotValid) {
            try OutboxMessage(channel: "post", dedupeKey: "", subject: nil, body: Letter(text: ""))
        }
    }
}
