internal import Database
internal import JSON
internal import Kernel
public import KessaiApp
private import Synchronization

/// Licences and day passes for devices, on pages of Stripe Checkout.
public enum PassesSimulation: SimulatedFeature {
    /// `passes`.
    public static let name = "passes"
    /// Devices, a thief of tokens, and an operator.
    public static let actors: [(type: any SimulatedActor.Type, countMax: Int)] = [
        (Device.self, 2), (Thief.self, 1), (Operator.self, 1),
    ]
    /// Its routes and events.
    public static let places: [Point: [String]] = [
        .commit: [
            "POST /api/checkout/sessions", "POST /license/confirm", "POST /unlock/daypass",
            "event checkout.session.completed", "event checkout.session.expired", "job:payments.close_checkout",
            "job:passes.close_purchase",
        ],
        .call: [
            "job:payments.close_checkout", "job:passes.close_purchase", "POST /api/checkout/sessions",
            "POST /license/confirm", "POST /unlock/daypass",
        ],
        .request: ["POST /api/checkout/sessions", "POST /license/confirm", "POST /unlock/daypass"],
        .delivery: ["event checkout.session.completed", "event checkout.session.expired"],
    ]
    /// A licence at ¥4,800; day passes at ¥120, later more.
    public static let environment = [
        "PASSES_LICENSE_PRICE": "4800", "PASSES_DAYPASS_PRICES": "0:120,2:240,10:480",
        "PASSES_RETURN_URLS": "timekeeper://purchase",
    ]
    /// Nothing to prepare: nobody logs in.
    public static func prepare(_ app: KessaiApp) async throws {}
}

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

    private struct Page: Sendable {
        let session: String
        let product: String
    }
    private struct Held {
        var pages: [Page] = []
        var token: (text: String, product: String)?
    }
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
        case "pay_konbini": await pay(last, ["method": "konbini"])
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
        var body: JSONObject = ["device_id": .string(id), "product_type": .string(product)]
        if let claimed { body["unlock_count"] = .int(claimed) }
        let answer = await world.persist(
            "POST", "/api/checkout/sessions", key: world.freshKey(), body: .object(body))
        guard answer?.status == 201, let session = answer?["session_id"]?.string else { return }
        held.withLock { held in
            if held.pages.last?.session != session { held.pages.append(Page(session: session, product: product)) }
        }
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
        guard let answer, answer.status == 200 else { return }
        if isWrong { world.memory.violate("a token for \(token.product) confirmed the other product") }
        let count = await world.count(
            "SELECT COUNT(*) AS count FROM pass_purchases WHERE device_id = \(id) AND state = 'delivered'")
        if count == 0 { world.memory.violate("\(id) was told that it is paid, and nothing was delivered") }
    }
}

/// Another device that got hold of a token.
struct Thief: SimulatedActor {
    static let kind = "thief"
    static let words: [(name: String, weight: Int)] = [("steal", 4), ("guess", 1)]
    static let stepCount = 1...4
    private let world: SimulatedWorld

    init(_ number: Int, in world: SimulatedWorld) { self.world = world }

    func perform(_ step: Step) async {
        let tokens = world.memory.facts("tokens").map { $0.split(separator: " ").map(String.init) }
        var (product, token) = ("daypass", "pt_guessed\(step.argument)")
        if step.name == "steal" {
            guard !tokens.isEmpty else { return }
            (product, token) = (tokens[step.argument % tokens.count][1], tokens[step.argument % tokens.count][2])
        }
        let answer = await world.request(
            "POST", product == "license" ? "/license/confirm" : "/unlock/daypass",
            body: ["device_id": "device-thief-0001", "purchase_token": .string(token)])
        world.memory.attacked("steal_token", answer)
    }
}
