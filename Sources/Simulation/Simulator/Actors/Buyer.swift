internal import HTTP
internal import JSON
internal import Kernel
private import Synchronization

/// Orders, pays, is declined, takes another card, cancels, taps twice, and forgets.
final class Buyer: SimulatedActor {
    static let kind = "buyer"
    static let words: [(name: String, weight: Int)] = [
        ("order", 3), ("pay", 4), ("pay_claiming", 1), ("pay_twice", 1), ("confirm", 6), ("confirm_bad_card", 2),
        ("confirm_strange_card", 2), ("confirm_disputed", 1), ("confirm_bank", 1),
        ("confirm_refund_fails", 1),
        ("cancel", 1), ("cancel_while_paying", 1), ("look", 1),
        ("older_order", 1),
    ]
    static let stepCount = 1...7
    static let variedOpening = ["register"]
    static let opening = ["order", "pay", "confirm_some"]
    static let aims: [String: [Aim]] = [
        "register": [
            .commit("POST /api/auth/register"), .commit("job:payments.create_customer"),
            .call("job:payments.create_customer"),
        ],
        "confirm_disputed": [
            .commit("event charge.dispute.created"), .commit("event charge.dispute.funds_withdrawn"),
            .call("job:payments.read_dispute"),
        ],
        "confirm_strange_card": [
            .commit("event charge.pending"), .commit("event payment_intent.processing"),
        ],
        "confirm_bad_card": [.commit("event charge.failed")],
        "confirm_refund_fails": [.commit("event refund.failed")],
        "confirm_bank": [.commit("event payment_intent.requires_action")],
        "cancel": [.commit("event payment_intent.canceled")],
    ]
    static let attacks = ["swap_amount"]
    private static let badCards = [
        "pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds", "pm_card_chargeDeclinedExpiredCard",
        "pm_card_radarBlock",
    ]
    private static let strangeCards = [
        "pm_card_createDispute", "pm_card_refundFail", "pm_card_pendingRefund", "pm_card_sandboxProcessing",
    ]

    private static let disputedCards = ["pm_card_createDispute", "pm_card_createDisputeInquiry"]

    private struct Mine {
        var orders: [String] = []
        var current = 0
        var intents: [String: String] = [:]
        var totals: [String: Int64] = [:]
    }
    private let name: String
    private let world: SimulatedWorld
    private let mine = Mutex(Mine())

    init(_ number: Int, in world: SimulatedWorld) {
        name = "buyer\(number)"
        self.world = world
    }

    func perform(_ step: Step) async {
        switch step.name {
        case "register": await world.register(name)
        case "order": await order(step.argument)
        case "pay": await pay([:])
        case "pay_claiming": await pay(["amount": .int(Int64(step.argument) + 1)])
        case "pay_twice":
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<2 { group.addTask { await self.pay([:]) } }
            }
        case "confirm": await confirm("pm_card_visa")
        case "confirm_some":
            switch step.argument {
            case 0...2: await confirm(Self.badCards[step.argument])
            case 3: await confirm(Self.disputedCards[0])
            default: await confirm("pm_card_visa")
            }
        case "confirm_bad_card": await confirm(Self.badCards[step.argument % Self.badCards.count])
        case "confirm_strange_card": await confirm(Self.strangeCards[step.argument % Self.strangeCards.count])
        case "confirm_disputed": await confirm(Self.disputedCards[step.argument % Self.disputedCards.count])
        case "confirm_bank":
            await confirm("pm_card_authenticationRequired")
            await authenticate(step.argument)
        case "confirm_refund_fails":
            await confirm("pm_card_refundFail")
            await refundByHand()
        case "cancel": await cancel()
        case "cancel_while_paying":
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.cancel() }
                group.addTask { await self.confirm("pm_card_visa") }
            }
        case "older_order":
            mine.withLock { $0.current = $0.orders.isEmpty ? 0 : step.argument % $0.orders.count }
        default:
            guard let order = current else { return }
            _ = await world.request(as: name, "GET", "/api/orders/\(order)")
        }
    }

    private var current: String? {
        mine.withLock { $0.orders.indices.contains($0.current) ? $0.orders[$0.current] : nil }
    }

    private func order(_ argument: Int) async {
        let product = argument == 9 ? "pot" : "tea"
        let key = world.freshKey()
        let answer = await world.persist(
            as: name, "POST", "/api/orders", key: key,
            body: ["items": [["product_id": .string(product), "quantity": .int(Int64(1 + argument % 3))]]])
        world.memory.note("wishes of shop", key)
        guard let id = answer?["id"]?.string, answer?.status == 201 else { return }
        world.memory.note("orders of \(name)", id)
        mine.withLock { mine in
            if !mine.orders.contains(id) { mine.orders.append(id) }
            mine.totals[id] = answer?["total"]?["amount"]?.int
            mine.current = mine.orders.count - 1
        }
    }

    private func pay(_ more: JSONObject) async {
        guard let order = current else { return }
        var body = more
        body["order_id"] = .string(order)
        let before = world.memory.logCount("swap_attempt \(order)")
        let answer = await world.persist(
            as: name, "POST", "/api/payments/intent", key: world.freshKey(), body: .object(body))
        guard let answer, let intent = answer["payment_intent_id"]?.string else { return }
        mine.withLock { $0.intents[order] = intent }
        if more["amount"] != nil, world.memory.logCount("swap_attempt \(order)") == before {
            world.memory.violate("a swapped amount of order \(order) was not logged")
        } else if more["amount"] != nil {
            world.memory.shrugged("swap_amount")
        }
        if let total = mine.withLock({ $0.totals[order] }),
            answer["amount"]?.int != total || answer["currency"] != "jpy"
        {
            world.memory.violate("order \(order) of \(total) was to be paid with \(answer["amount"]?.int ?? 0)")
        }
    }

    /// What the buyer's page does at Stripe: it is not ours, and pays whatever intent it was given.
    private func confirm(_ card: String) async {
        guard let order = current, let intent = mine.withLock({ $0.intents[order] }) else { return }
        let url = PercentCoding.encode(SimulatedWorld.origin + "/")
        let answer = await world.atStripe(
            "POST", "/v1/payment_intents/\(intent)/confirm", "payment_method=\(card)&return_url=\(url)")
        world.trace.tell("    \(name) at Stripe with \(card): \(answer?["status"]?.string ?? "refused")")
    }

    /// A refund on Stripe's dashboard: the buyer asked for it by telephone.
    private func refundByHand() async {
        guard let order = current, let intent = mine.withLock({ $0.intents[order] }) else { return }
        await world.wait(.seconds(20))
        _ = await world.atStripe("POST", "/v1/refunds", "payment_intent=\(intent)")
    }

    /// The bank's page: the buyer passes, fails, or goes away.
    private func authenticate(_ argument: Int) async {
        guard argument < 8, let order = current, let intent = mine.withLock({ $0.intents[order] }) else { return }
        await world.wait(.seconds(Int64(1 + argument * 9)))
        _ = await world.atSandbox(
            "/_sandbox/payment_intents/\(intent)/authenticate", ["outcome": argument < 5 ? "succeed" : "fail"])
    }

    private func cancel() async {
        guard let order = current else { return }
        _ = await world.persist(
            as: name, "POST", "/api/orders/\(order)/cancel", key: world.freshKey())
    }
}
