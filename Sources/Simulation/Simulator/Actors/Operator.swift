internal import JSON
internal import Kernel

/// Refunds, cancels, resolves and replays, on our pages and on Stripe's dashboard.
struct Operator: SimulatedActor {
    static let kind = "operator"
    static let words: [(name: String, weight: Int)] = [
        ("refund", 4), ("refund_part", 3), ("refund_twice", 2), ("cancel", 1), ("resolve", 1), ("replay", 1),
        ("dashboard_refund", 2), ("dashboard_payment", 1), ("dashboard_other_amount", 1),
        ("dashboard_other_currency", 1), ("dashboard_other_customer", 1), ("dashboard_page", 1),
        ("dashboard_cancel", 1),
        ("settle", 2), ("statement", 1), ("answer_dispute", 2), ("accept_dispute", 1),
    ]
    static let stepCount = 1...6
    static let closing = ["settle", "clear_reviews", "clear_dead_letters"]
    static let aims: [String: [Aim]] = [
        "answer_dispute": [
            .commit("event charge.dispute.updated"), .commit("event charge.dispute.closed"),
            .commit("event charge.dispute.funds_reinstated"), .commit("event charge.dispute.created"),
        ],
        "accept_dispute": [
            .commit("event charge.dispute.closed"), .commit("event charge.dispute.funds_withdrawn"),
        ],
        "clear_reviews": [.commit("POST /api/admin/reviews/{id}/resolve")],
        "clear_dead_letters": [.commit("POST /api/admin/dead-letters/{id}/replay")],
    ]
    private let name: String
    private let world: SimulatedWorld

    init(_ number: Int, in world: SimulatedWorld) {
        name = "operator\(number)"
        self.world = world
    }

    func perform(_ step: Step) async {
        switch step.name {
        case "refund": await refund(step, [:])
        case "refund_part": await refund(step, ["amount": .int(Int64(100 * (1 + step.argument)))])
        case "refund_twice":
            guard let order = await order(step, ["paid", "partially_refunded"]) else { return }
            let key = world.freshKey()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<2 { group.addTask { await send(order, ["amount": 300], key) } }
            }
        case "cancel":
            guard let order = await order(step, ["pending", "awaiting_payment"]) else { return }
            _ = await world.persist(as: name, "POST", "/api/orders/\(order)/cancel", key: world.freshKey())
        case "resolve": await resolve()
        case "replay": await replay()
        case "clear_reviews": await clearReviews()
        case "clear_dead_letters":
            for _ in 0..<4 { guard await replay() else { return } }
        case "statement": _ = await world.request(as: name, "GET", "/api/admin/payments")
        case "settle":
            for intent in await world.list("/v1/payment_intents") where intent["status"] == "processing" {
                guard let id = intent["id"]?.string else { continue }
                _ = await world.atSandbox(
                    "/_sandbox/payment_intents/\(id)/settle", ["outcome": step.argument < 6 ? "paid" : "failed"])
            }
        default: await dashboard(step)
        }
    }

    /// One of the orders in these states, as the operators' list tells them; whoever finds none looks again later.
    private func order(_ step: Step, _ states: [String]) async -> String? {
        for _ in 0..<3 {
            for turn in states.indices {
                let status = states[(step.argument + turn) % states.count]
                let page = await world.request(as: name, "GET", "/api/admin/orders?status=\(status)")
                let ids = page?["data"]?.array?.compactMap { $0["id"]?.string } ?? []
                if !ids.isEmpty { return ids[step.argument % ids.count] }
            }
            await world.wait(.seconds(4))
        }
        return nil
    }

    private func refund(_ step: Step, _ body: JSONValue) async {
        guard let order = await order(step, ["paid", "partially_refunded", "needs_review"]) else {
            return
        }
        await send(order, body, world.freshKey())
    }

    private func send(_ order: String, _ body: JSONValue, _ key: String) async {
        world.memory.note("refund wishes of \(order)", key)
        let answer = await world.persist(
            as: name, "POST", "/api/admin/orders/\(order)/refunds", key: key, body: body)
        // One wish with one key is one refund, however often it was sent.
        guard let answer, answer.status < 300, let id = answer["id"]?.string else { return }
        let known = world.memory.facts("refund \(key)")
        if known.isEmpty {
            world.memory.note("refund \(key)", id)
        } else if !known.contains(id) {
            world.memory.violate("one wish to refund order \(order) made two refunds")
        }
    }

    private func resolve() async {
        let open = await world.request(as: name, "GET", "/api/admin/reviews")
        guard let id = open?["data"]?.array?.first?["id"]?.string else { return }
        _ = await world.request(as: name, "POST", "/api/admin/reviews/\(id)/resolve", body: ["note": "looked at"])
    }

    /// Gives back what is owed, and closes what was a question of it.
    private func clearReviews() async {
        for _ in 0..<2 {
            let open = await world.request(as: name, "GET", "/api/admin/reviews")
            for review in (open?["data"]?.array ?? []).prefix(3) {
                guard let id = review["id"]?.string else { continue }
                let path = "/api/admin/reviews/\(id)/resolve"
                let answer = await world.request(as: name, "POST", path, body: ["note": "looked at"])
                guard answer?.code == "review_needs_refund", let order = review["order_id"]?.string else { continue }
                await send(order, [:], world.freshKey())
            }
            await world.wait(.seconds(20))
        }
    }

    /// Does the newest dead letter again; false when there is none to be seen.
    @discardableResult
    private func replay() async -> Bool {
        let dead = await world.request(as: name, "GET", "/api/admin/dead-letters")
        guard let id = dead?["data"]?.array?.first?["id"]?.string else { return false }
        return await world.request(as: name, "POST", "/api/admin/dead-letters/\(id)/replay")?.status == 200
    }

    private func dispute(_ step: Step) async {
        for _ in 0..<3 {
            let open = await world.list("/v1/disputes").filter {
                $0["status"]?.string?.hasSuffix("needs_response") == true
            }
            if !open.isEmpty, let id = open[step.argument % open.count]["id"]?.string {
                let evidence = step.argument < 6 ? "winning_evidence" : "losing_evidence"
                let (path, form) =
                    step.name == "accept_dispute"
                    ? ("/close", "") : ("", "evidence[uncategorized_text]=\(evidence)&submit=true")
                _ = await world.atStripe("POST", "/v1/disputes/\(id)\(path)", form)
                return
            }
            await world.wait(.seconds(5))
        }
    }

    /// What is done at Stripe behind the application's back.
    private func dashboard(_ step: Step) async {
        switch step.name {
        case "dashboard_refund":
            let charges = await world.list("/v1/charges").filter { $0["status"] == "succeeded" }
            guard !charges.isEmpty, let id = charges[step.argument % charges.count]["id"]?.string else { return }
            _ = await world.atStripe("POST", "/v1/refunds", "charge=\(id)&amount=\(50 + step.argument)")
        case "answer_dispute", "accept_dispute": await dispute(step)
        case "dashboard_cancel":
            let open = await world.list("/v1/payment_intents").filter { $0["status"] == "requires_payment_method" }
            guard !open.isEmpty, let id = open[step.argument % open.count]["id"]?.string else { return }
            _ = await world.atStripe("POST", "/v1/payment_intents/\(id)/cancel")
        default: await DashboardPayment(world: world, name: name).perform(step)
        }
    }
}
