internal import BookRules
internal import Database
internal import JSON
internal import Kernel
internal import KessaiApp
internal import Payments

/// The rules, by what they are about.
enum Invariants {
    /// What our own rows must be, whatever the feature.
    static let ofRows: [any Invariant] =
        BookRule.all(stock: OrdersFeature.teaStock) + [
            BookRule(
                // When the application dies in a schedule's job again and again, the next tick does it.
                "a schedule goes on after a job of it that was given up",
                """
                SELECT d.kind || ': ' || d.last_error AS what, NULL AS order_id FROM jobs d
                WHERE d.state = 'dead' AND d.subject LIKE 'schedule:%' AND NOT EXISTS (SELECT 1 FROM jobs l
                    WHERE l.subject = d.subject AND l.state <> 'dead' AND l.created_at_ms >= d.finished_at_ms)
                """)
        ]

    /// The inbox, the outbox and the ledger, beside Stripe and the mails.
    static let ofEverything: [any Invariant] = [
        ComparedInvariant("every event that Stripe saw acknowledged is in the inbox, and no other event is") {
            books in
            var faults: [String] = []
            let deliveries = await books.world.sandboxDeliveries()
            let inbox = Set(
                try await books.rows("SELECT stripe_event_id AS id FROM webhook_events").map { try $0.text("id") })
            for delivery in deliveries where delivery["status"] == "delivered" {
                let id = delivery["event"]?.string ?? ""
                if !inbox.contains(id) { faults.append("event \(id) was acknowledged and is not there") }
            }
            let known = Set(await books.world.list("/v1/events").compactMap { $0["id"]?.string })
            for id in inbox.subtracting(known).sorted() { faults.append("event \(id) is not Stripe's") }
            return faults
        },
        ComparedInvariant("every message of the outbox was sent, and is shown once") { books in
            var faults: [String] = []
            let mails = books.world.mailbox.mails
            let rows = try await books.rows("SELECT dedupe_key FROM outbox ORDER BY id")
            for row in rows {
                let key = try row.text("dedupe_key")
                guard let mail = mails[key] else {
                    faults.append("\(key) was never sent")
                    continue
                }
                if mail.text.hasPrefix("(another") { faults.append("\(key) was sent with two texts") }
            }
            let known = Set(try rows.map { try $0.text("dedupe_key") })
            for key in mails.keys.sorted() where !known.contains(key) { faults.append("\(key) was sent by nobody") }
            return faults
        },
        ComparedInvariant("every delivery of the shop was shown one receipt, that of its order", receipts),
        ComparedInvariant("journal, Stripe and what was delivered agree on the sum, currency by currency", sums),
        ComparedInvariant("a last reconciliation finds no difference and nothing to do", reconciled),
    ]

    private static func reconciled(_ books: Books) async throws -> [String] {
        let (world, now) = (books.world, books.world.clock.now())
        guard let app = world.node.running?.app,
            let period = ReconciliationPeriod(since: world.beganAt.adding(.seconds(-60)), until: now)
        else { return ["the application does not run"] }
        let statement = try await app.reconciliation.run(period, isDryRun: true)
        var faults = statement.lines.filter { !$0.isBalanced }.map { line in
            "\(line.subject.rawValue)s in \(line.currency.code): \(line.atStripe.rows) at Stripe, \(line.here.rows) here"
        }
        for (action, count) in statement.actions.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where count > 0 {
            // To an endpoint of an older version Stripe does not send the types of events that came later.
            if action == .eventsTaken, world.hasOlderEvents, !world.isReconciled { continue }
            faults.append("\(action.rawValue): \(count)")
        }
        return faults
    }
}

extension SimulatedWorld {
    /// Every delivery of the sandbox, whatever became of it.
    func sandboxDeliveries() async -> [JSONValue] {
        guard let deliveries = await atStripe("GET", "/_sandbox/deliveries")?["data"]?.array else {
            // Books that cannot be read prove nothing.
            if !isNoisy { memory.violate("the deliveries cannot be read") }
            return []
        }
        return deliveries
    }
}
