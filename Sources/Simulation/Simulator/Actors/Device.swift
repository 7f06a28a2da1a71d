internal import Crypto
internal import Database
internal import JSON
internal import Kernel
private import Synchronization

/// An app that buys a licence or day passes, and dies between any two steps.
final class Device: SimulatedActor {
    static let kind = "device"
    static let words: [(name: String, weight: Int)] = [
        ("begin", 2), ("begin_daypass", 5), ("begin_license", 2), ("begin_twice", 2), ("begin_claiming", 1),
        ("pay_page", 7),
        ("pay_old_page", 2), ("pay_bad_card", 1), ("pay_konbini", 2), ("settle_konbini", 2), ("confirm", 5),
        ("confirm_twice", 1), ("confirm_wrong_product", 1), ("die", 1), ("look", 2), ("midnight", 2),
        ("next_day", 1),
    ]
    static let stepCount = 1...8
    static let opening = ["begin", "pay_page", "confirm"]

    /// The money is there, and its delivery fails.
    private static let undelivered = PlannedFault(
        fault: .statementFailed, activity: "event checkout.session.completed", turn: 1)
    static let aims: [String: [Aim]] = [
        "pay_page": [
            .commit("job:payments.verify_checkout", after: undelivered),
            .call("job:payments.verify_checkout", after: undelivered),
        ],
        "pay_konbini": [
            .commit("event payment_intent.requires_action"), .commit("event checkout.session.async_payment_succeeded"),
            .commit("event checkout.session.async_payment_failed"), .commit("event charge.pending"),
        ],
        "begin_twice": [.commit("job:passes.close_purchase"), .call("job:passes.close_purchase")],
    ]

    static let attacks = ["swap_unlocks", "confirm_wrong_product"]

    private struct Page: Sendable {
        let session: String
        let product: String
    }
    private struct Held {
        var pages: [Page] = []
        var token: (text: String, product: String)?
    }
    /// Whoever confirms as the wrong product is refused so, or had no token of ours any more.
    private static let refusals: Set<String> = ["purchase_token_of_another_product", "purchase_token_expired"]
    private let id: String
    private let world: SimulatedWorld
    private let held = Mutex(Held())

    init(_ number: Int, in world: SimulatedWorld) {
        id = "device-\(number)-abcdef"
        self.world = world
    }

    func perform(_ step: Step) async {
        switch step.name {
        case "begin": await begin(step.argument < 4 ? "license" : "daypass", nil)
        case "begin_daypass": await begin("daypass", nil)
        case "begin_license": await begin("license", nil)
        case "begin_claiming": await begin("daypass", Int64(step.argument))
        case "begin_twice":
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<2 { group.addTask { await self.begin("daypass", nil) } }
            }
        case "pay_page": await pay(last, ["card": "4242424242424242"])
        case "pay_old_page":
            let pages = held.withLock { $0.pages }
            await pay(pages.isEmpty ? nil : pages[step.argument % pages.count], ["card": "4242424242424242"])
        case "pay_bad_card": await pay(last, ["card": "4000000000000002"])
        case "pay_konbini":
            await pay(last, ["method": "konbini"])
            guard step.argument < 6 else { return }
            await world.wait(.seconds(Int64(5 + step.argument * 40)))
            if step.argument == 0 { await settle("processing") }
            await settle(step.argument < 3 ? "failed" : "paid")
        case "settle_konbini": await settle(step.argument < 6 ? "paid" : "failed")
        case "confirm": await confirm(isWrong: false)
        case "confirm_wrong_product": await confirm(isWrong: true)
        case "confirm_twice":
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<2 { group.addTask { await self.confirm(isWrong: false) } }
            }
        case "die": held.withLock { $0 = Held() }
        case "midnight":
            // 15:00 UTC is midnight in Tokyo: a little before it, so that the next steps cross it.
            let dayMs: Int64 = 86_400_000
            let untilMs = (15 * 3_600_000 - world.clock.now().epochMs % dayMs + dayMs) % dayMs - 1_500
            if untilMs > 0 { world.clock.leap(.milliseconds(untilMs)) }
        case "next_day": world.clock.leap(.seconds(86_400))
        default: _ = await world.request("GET", "/api/devices/\(id)")
        }
    }

    private var last: Page? { held.withLock { $0.pages.last } }

    private func begin(_ product: String, _ claimed: Int64?) async {
        let before = await unlocks()
        let logged = world.memory.logCount("swap_attempt \(id)")
        let key = world.freshKey()
        world.memory.note("wishes of passes", key)
        var body: JSONObject = ["device_id": .string(id), "product_type": .string(product)]
        if let claimed { body["unlock_count"] = .int(claimed) }
        let answer = await world.persist(
            "POST", "/api/checkout/sessions", key: key, body: .object(body))
        guard let answer, answer.status == 201, let session = answer["session_id"]?.string else { return }
        let (reference, price) = (answer["reference"]?.int ?? 0, answer["price"]?["amount"]?.int ?? 0)
        let told = await world.count(
            """
            SELECT COUNT(*) AS count FROM orders o JOIN checkout_sessions s ON s.order_id = o.id
            WHERE o.number = \(reference) AND o.total_minor = \(price) AND s.stripe_checkout_session_id = \(session)
            """)
        if told != 1 { world.memory.violate("\(id) was told a price or a page that is not that of order \(reference)") }
        if let claimed, claimed < before, world.memory.logCount("swap_attempt \(id)") == logged {
            world.memory.violate("\(id) claimed \(claimed) unlocks of \(before), and nothing was logged")
        }
        let after = await unlocks()
        if claimed != nil, world.memory.logCount("swap_attempt \(id)") > logged {
            world.memory.shrugged("swap_unlocks")
        }
        if let claimed, claimed > after, world.memory.logCount("swap_attempt \(id)") == logged {
            world.memory.violate("\(id) claimed \(claimed) unlocks of \(after), and nothing was logged")
        }
        held.withLock { held in
            if held.pages.last?.session != session { held.pages.append(Page(session: session, product: product)) }
        }
    }

    private func unlocks() async -> Int64 {
        await world.count("SELECT unlock_count AS count FROM devices WHERE device_id = \(id)")
    }

    private func pay(_ page: Page?, _ how: JSONValue) async {
        guard let page else { return }
        let answer = await world.atSandbox("/_sandbox/checkout/sessions/\(page.session)/pay", how)
        world.trace.tell("    \(id) on its page: \(answer?["outcome"]?.string ?? "refused")")
        guard let url = answer?["url"]?.string, let query = url.split(separator: "?").last else { return }
        guard let part = query.split(separator: "&").first(where: { $0.hasPrefix("purchase_token=") }) else { return }
        let token = String(part.dropFirst(15))
        held.withLock { $0.token = (token, page.product) }
        world.memory.note("tokens", "\(id) \(page.product) \(token)")
    }

    private func settle(_ outcome: String) async {
        guard let page = last else { return }
        let session = await world.atStripe("GET", "/v1/checkout/sessions/\(page.session)")
        guard let intent = session?["payment_intent"]?.string else { return }
        _ = await world.atSandbox("/_sandbox/payment_intents/\(intent)/settle", ["outcome": .string(outcome)])
    }

    private func confirm(isWrong: Bool) async {
        guard let token = held.withLock({ $0.token }) else { return }
        let isLicense = (token.product == "license") != isWrong
        let answer = await world.request(
            "POST", isLicense ? "/license/confirm" : "/unlock/daypass",
            body: ["device_id": .string(id), "purchase_token": .string(token.text)])
        if isWrong { world.memory.attacked("confirm_wrong_product", answer, codes: Self.refusals) }
        guard let answer, answer.status == 200 else { return }
        if isWrong { world.memory.violate("a token for \(token.product) confirmed the other product") }
        let hash = Hex.encode(Digest.sha256(Array(token.text.utf8)))
        let count = await world.count(
            """
            SELECT COUNT(*) AS count FROM pass_purchases p JOIN orders o ON o.id = p.order_id
            WHERE p.token_hash = \(hash) AND p.device_id = \(id) AND p.state = 'delivered'
                AND p.product_type = \(isLicense ? "license" : "daypass") AND o.number = \(answer["reference"]?.int ?? 0)
                AND COALESCE(p.unlock_date, '') = \(answer["last_unlock_date"]?.string ?? "")
            """)
        if count != 1 {
            world.memory.violate("\(id) was told that it is paid, and what its token is for was not delivered")
        }
    }
}
