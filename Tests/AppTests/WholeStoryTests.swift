import AppTesting
import DatabaseTesting
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// The story of an order, line by line: what an operator reads with `kessai why`.
@Suite struct WholeStoryTests {
    private func told(_ lines: [JSONValue]) -> [String] {
        lines.map { "\($0["source"]?.string ?? "") \($0["what"]?.string ?? "")" }
    }

    private func fact(_ name: String, _ what: String, _ lines: [JSONValue]) -> String? {
        lines.first { $0["what"]?.string == what }?["facts"]?[name]?.string
    }

    @Test(arguments: TestEngine.all)
    func `bought, refunded in part, disputed: every step with its key and Stripe's request`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            world.clock.advance(by: .seconds(1))
            try await world.confirm(intent, card: "pm_card_createDispute")
            await world.deliver()
            world.clock.advance(by: .seconds(1))
            #expect(await world.refund(order, ["amount": 80], by: chief).status == 201)
            await world.deliver()
            world.clock.advance(by: .seconds(10))
            await world.deliver()
            try await world.work()
            let lines = await world.story(order, by: chief)
            #expect(
                told(lines) == [
                    "history order_placed", "history intent_submitted", "history intent_opened",
                    "event payment_intent.succeeded", "history order_paid", "history order_fulfilled",
                    "posting stripe_balance", "posting sales", "job outbox.deliver", "event payment_intent.created",
                    "event charge.succeeded",
                    "history refund_submitted", "history refund_succeeded", "posting refunds",
                    "posting stripe_balance", "event charge.refunded", "event refund.created",
                    "event charge.dispute.created", "history dispute_needs_response",
                    "event charge.dispute.funds_withdrawn", "history dispute_funds_withdrawn", "posting disputes",
                    "posting stripe_balance", "event charge.updated",
                ])
            #expect(fact("idempotency_key", "intent_submitted", lines) == "\(order.id)-1")
            #expect(fact("stripe_request", "intent_opened", lines)?.hasPrefix("req_") == true)
            let refund = try #require(fact("refund", "refund_submitted", lines))
            #expect(fact("idempotency_key", "refund_submitted", lines) == "\(order.id)-refund-\(refund)")
            #expect(fact("stripe_request", "refund_succeeded", lines)?.hasPrefix("req_") == true)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `canceled: what was asked at Stripe, under which key, and its answer`(engine: TestEngine) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let buyer = try await world.buyer()
            let chief = try await world.operator()
            let order = try await world.order(by: buyer)
            let intent = try await world.openPayment(order, by: buyer)
            world.clock.advance(by: .seconds(1))
            _ = world.sandbox.add(StripeSandboxFault(.rateLimit, path: "/v1/payment_intents/{intent}/cancel"))
            #expect(await world.cancel(order, by: buyer).status == 202)
            world.clock.advance(by: .seconds(1))
            #expect(await world.cancel(order, by: buyer).status == 200)
            await world.deliver()
            let lines = await world.story(order, by: chief)
            #expect(
                told(lines) == [
                    "history order_placed", "history intent_submitted", "history intent_opened",
                    "history cancel_requested", "history cancel_outcome_unknown", "history intent_canceled",
                    "history order_canceled", "event payment_intent.created",
                    "event payment_intent.canceled",
                ])
            let key = try #require(fact("idempotency_key", "intent_canceled", lines))
            #expect(key.hasPrefix("\(order.id)-cancel-\(intent)-"))
            #expect(fact("idempotency_key", "cancel_outcome_unknown", lines) == key)
            #expect(fact("code", "cancel_outcome_unknown", lines) == "rate_limited")
            #expect(fact("stripe_request", "intent_canceled", lines)?.hasPrefix("req_") == true)
            #expect(fact("payment_intent", "intent_canceled", lines) == intent)
        }
    }
}
