internal import Database
internal import JSON
internal import Kernel
public import KessaiApp

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
        "PASSES_LICENSE_PRICE": "4800",
        "PASSES_DAYPASS_PRICES": daypassPrices.map { "\($0.unlocks):\($0.price)" }.joined(separator: ","),
        "PASSES_RETURN_URLS": "timekeeper://purchase",
    ]
    /// What a day pass costs, from how many unlocks on.
    static let daypassPrices: [(unlocks: Int64, price: Int64)] = [(0, 120), (2, 240), (10, 480)]
    /// What passes cost.
    public static let invariants: [any Invariant] = [
        ComparedInvariant("a pass costs what the table says for the device's unlocks when it was begun", prices)
    ]

    /// Nothing to prepare: nobody logs in.
    public static func prepare(_ app: KessaiApp) async throws {}

    /// Whatever a device claimed: unlocks are counted from what was delivered before the purchase was begun. One that was
    /// delivered in that very millisecond counts or not.
    private static func prices(_ books: Books) async throws -> [String] {
        let rows = try await books.rows(
            """
            SELECT p.product_type, o.number, o.total_minor, (SELECT COUNT(*) FROM pass_purchases b
                    WHERE b.device_id = p.device_id AND b.product_type = 'daypass'
                        AND b.delivered_at_ms < p.created_at_ms) AS least,
                (SELECT COUNT(*) FROM pass_purchases b WHERE b.device_id = p.device_id AND b.product_type = 'daypass'
                    AND b.delivered_at_ms <= p.created_at_ms) AS most
            FROM pass_purchases p JOIN orders o ON o.id = p.order_id ORDER BY o.number
            """)
        return try rows.compactMap { row in
            let isLicense = try row.text("product_type") == "license"
            let fair = try [row.int("least"), row.int("most")].map { count in
                isLicense ? 4_800 : daypassPrices.last { $0.unlocks <= count }?.price
            }
            let total = try row.int("total_minor")
            return fair.contains(total)
                ? nil : "order \(try row.int("number")) costs \(total) after \(try row.int("least")) unlocks"
        }
    }
}

/// Another device that got hold of a token.
struct Thief: SimulatedActor {
    static let kind = "thief"
    static let words: [(name: String, weight: Int)] = [("steal", 4), ("guess", 1)]
    static let stepCount = 1...4
    static let attacks = ["steal_token", "guess_token"]
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
        world.memory.attacked(
            "\(step.name)_token", answer,
            codes: step.name == "guess"
                ? ["purchase_token_unknown"] : ["purchase_token_of_another_device", "purchase_token_unknown"])
    }
}
