import AppTesting
import Database
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// A buyer's bank takes the money back: recorded and booked; the order stays paid.
@Suite struct DisputeTests {
    /// An order that was paid with a card whose bank will dispute it; the dispute's id once it is open.
    private func disputed(
        _ world: World, card: String = "pm_card_createDispute", delivering: Bool = true
    ) async throws -> (buyer: Person, order: PlacedOrder, dispute: String) {
        try await world.stockShop()
        let buyer = try await world.buyer()
        let order = try await world.order(by: buyer)
        let intent = try await world.openPayment(order, by: buyer)
        try await world.confirm(intent, card: card)
        await world.deliver()
        world.clock.advance(by: .seconds(6))
        if delivering { await world.deliver() }
        let dispute = try #require(try await world.listAtStripe("/v1/disputes").first?["id"]?.string)
        return (buyer, order, dispute)
    }

    private func argue(_ dispute: String, with text: String, _ world: World) async throws {
        let answer = try await world.atStripe(
            "POST", "/v1/disputes/\(dispute)", "evidence[uncategorized_text]=\(text)&submit=true")
        #expect(answer["status"]?.string?.hasSuffix("under_review") == true)
        world.clock.advance(by: .seconds(6))
    }

    @Test(arguments: TestEngine.all)
    func `a dispute is recorded, told and booked, and the order stays paid`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let (buyer, order, dispute) = try await disputed(world)
            let read = await world.read(order, by: buyer)
            #expect(read["status"] == "paid")
            #expect(read["disputed"] == true)
            #expect(try await world.balance("disputes") == 980)
            #expect(try await world.balance("stripe_balance") == 0)
            let line = try #require(world.logs.lines(of: "dispute_changed").first)
            #expect(line.level == .warning)
            #expect(line["dispute"] == .string(dispute))
            let chief = try await world.operator()
            let story = await world.story(order, by: chief)
            #expect(story.contains { $0["what"] == "dispute_needs_response" })
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a dispute that is won brings the money back`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let (buyer, order, dispute) = try await disputed(world)
            try await argue(dispute, with: "winning_evidence", world)
            await world.deliver()
            let read = await world.read(order, by: buyer)
            #expect(read["status"] == "paid")
            #expect(read["disputed"] == false)
            #expect(try await world.balance("disputes") == 0)
            #expect(try await world.balance("stripe_balance") == 980)
            #expect(try await world.count("disputes", where: "status = 'won'") == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, ["evidence", "silence"])
    func `a dispute that is lost keeps the money away`(engine: TestEngine, how: String) async throws {
        try await World.run(on: engine) { world in
            let (_, order, dispute) = try await disputed(world)
            if how == "evidence" {
                try await argue(dispute, with: "losing_evidence", world)
            } else {
                world.clock.advance(by: .seconds(10 * 86_400))
            }
            await world.deliver()
            let read = await world.read(order, by: try await world.again("buyer@example.com"))
            #expect(read["status"] == "paid")
            #expect(read["disputed"] == true)
            #expect(try await world.balance("disputes") == 980)
            #expect(try await world.count("disputes", where: "status = 'lost'") == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, ["losing_evidence", "winning_evidence"])
    func `money that did not fit and was lost to a dispute is owed no more, and its review can be closed (law 7)`(
        engine: TestEngine, evidence: String
    ) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            _ = try await world.payDirectly(order, amount: 100, card: "pm_card_createDispute")
            await world.deliver()
            world.clock.advance(by: .seconds(6))
            await world.deliver()
            let review = try #require(await world.reviews(by: chief).first)
            #expect(review["kind"] == "amount_mismatch")
            // While it is open nobody knows whose the money will be.
            #expect(await world.resolve(review, by: chief).code == "review_needs_refund")
            let dispute = try #require(try await world.listAtStripe("/v1/disputes").first?["id"]?.string)
            try await argue(dispute, with: evidence, world)
            await world.deliver()
            let reply = await world.resolve(review, by: chief)
            if evidence == "losing_evidence" {
                #expect(reply.status == 200)
                #expect(await world.status(order, by: buyer) == "canceled")
            } else {
                #expect(reply.code == "review_needs_refund")
            }
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `a question before a dispute moves no money, and ends`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            let (buyer, order, dispute) = try await disputed(world, card: "pm_card_createDisputeInquiry")
            #expect(await world.read(order, by: buyer)["disputed"] == true)
            #expect(try await world.balance("disputes") == 0)
            _ = try await world.atStripe("POST", "/v1/disputes/\(dispute)/close")
            await world.deliver()
            #expect(await world.read(order, by: buyer)["disputed"] == false)
            #expect(try await world.balance("stripe_balance") == 980)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `news of a dispute in the wrong order and twice ends the same (law 6, GEN-06)`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            let (buyer, order, dispute) = try await disputed(world, delivering: false)
            try await argue(dispute, with: "winning_evidence", world)
            _ = try await world.listAtStripe("/v1/disputes")
            let types = [
                "charge.dispute.funds_reinstated", "charge.dispute.closed", "charge.dispute.updated",
                "charge.dispute.funds_withdrawn", "charge.dispute.created",
            ]
            var events: [JSONValue] = []
            for type in types { events.append(try #require(try await world.event(type))) }
            for event in events { #expect(await world.receive(event)["status"] == "success") }
            for event in events { #expect(await world.receive(event)["actions"]?[0]?["result"] == "repeated") }
            #expect(await world.read(order, by: buyer)["disputed"] == false)
            #expect(try await world.count("disputes", where: "status = 'won'") == 1)
            #expect(try await world.balance("disputes") == 0)
            #expect(try await world.balance("stripe_balance") == 980)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, [true, false])
    func `two snapshots of one second are resolved by reading the dispute, in either order (law 6)`(
        engine: TestEngine, newestFirst: Bool
    ) async throws {
        try await World.run(on: engine) { world in
            let (_, order, dispute) = try await disputed(world, delivering: false)
            try await argue(dispute, with: "no_verdict", world)
            let created = try #require(try await world.event("charge.dispute.created"))
            let second = try #require(created["created"])
            let updated = try #require(try await world.event("charge.dispute.updated"))
                .changing("created", to: second)
            let events = newestFirst ? [updated, created] : [created, updated]
            #expect(await world.receive(events[0])["status"] == "success")
            #expect(await world.receive(events[1])["actions"]?[0]?["action"] == "dispute_to_read")
            // A reading that fails is repeated.
            _ = world.sandbox.add(StripeSandboxFault(.serverError, path: "/v1/disputes/{dispute}"))
            for _ in 0..<4 {
                try await world.work()
                world.clock.advance(by: .seconds(60))
            }
            #expect(try await world.count("disputes", where: "status = 'under_review'") == 1)
            let story = await world.story(order, by: try await world.operator())
            #expect(story.count { $0["what"] == "dispute_under_review" } == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `an older end of a dispute that goes on is not believed before it was read (law 6)`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            let (buyer, order, _) = try await disputed(world)
            let created = try #require(try await world.event("charge.dispute.created"))
            let ended = created.changing("id", to: "evt_ended").changing("created", to: 1)
                .changing("data", "object", "status", to: "won")
            #expect(await world.receive(ended)["actions"]?[0]?["action"] == "dispute_to_read")
            try await world.work()
            #expect(try await world.count("disputes", where: "status = 'needs_response'") == 1)
            #expect(await world.read(order, by: buyer)["disputed"] == true)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a dispute before its payment waits, and one of nobody's charge is ignored`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            try await world.confirm(intent, card: "pm_card_createDispute")
            world.clock.advance(by: .seconds(6))
            _ = try await world.listAtStripe("/v1/disputes")
            let created = try #require(try await world.event("charge.dispute.created"))
            let foreign = created.changing("data", "object", "payment_intent", to: "pi_foreign")
                .changing("id", to: "evt_foreign")
            #expect(await world.receive(foreign)["actions"]?[0]?["action"] == "foreign_object")
            #expect(await world.receive(created)["status"] == "waiting")
            await world.deliver()
            world.clock.advance(by: .seconds(10))
            try await world.work()
            #expect(await world.read(order, by: buyer)["disputed"] == true)
            #expect(try await world.count("webhook_events", where: "state = 'waiting'") == 0)
            try await world.expectBooks()
        }
    }
}
