internal import Accounts
internal import Audit
internal import Identity
internal import Kernel
public import KessaiApp
internal import Shop

/// Carts, paid with PaymentIntents.
public enum OrdersFeature: SimulatedFeature {
    /// `orders`.
    public static let name = "orders"
    /// Buyers, an operator, an attacker.
    public static let actors: [(type: any SimulatedActor.Type, countMax: Int)] = [
        (Buyer.self, 2), (Operator.self, 1), (Attacker.self, 1),
    ]
    /// What must be so of orders and their money on both sides.
    public static let invariants: [any Invariant] = Invariants.ofOrders
    /// Its routes and events.
    public static let places: [Point: [String]] = [
        .commit: [
            "POST /api/orders", "POST /api/payments/intent", "POST /api/orders/{id}/cancel",
            "POST /api/admin/orders/{id}/refunds", "event payment_intent.payment_failed", "event charge.refunded",
            "event refund.created", "event refund.updated", "event charge.refund.updated",
            "job:payments.cancel_intent", "job:payments.read_dispute",
        ],
        .call: [
            "job:payments.cancel_intent", "job:payments.read_dispute", "POST /api/payments/intent",
            "POST /api/orders/{id}/cancel", "POST /api/admin/orders/{id}/refunds",
        ],
        .request: [
            "POST /api/orders", "POST /api/payments/intent", "POST /api/orders/{id}/cancel",
            "POST /api/admin/orders/{id}/refunds",
        ],
        .delivery: ["event charge.refunded", "event payment_intent.payment_failed"],
    ]
    /// The usual settings.
    public static let environment: [String: String] = [:]
    /// Customers are made at Stripe when somebody registers, as its buyers then do, and not at the first payment.
    public static let variation = ["STRIPE_CUSTOMER_CREATION": "registration"]
    /// How much tea there is at first.
    static let teaStock: Int64 = 5

    /// People and goods.
    public static func prepare(_ app: KessaiApp) async throws {
        for name in ["buyer0", "buyer1", "attacker0"] { try await add(name, .buyer, app) }
        try await add("operator0", .operator, app)
        _ = try await app.products.importAll(
            [
                Product(
                    id: "tea", name: "煎茶", description: "", unitAmount: Money(980, .jpy), stock: teaStock,
                    active: true),
                Product(
                    id: "pot", name: "急須", description: "", unitAmount: Money(14_540, .jpy), stock: nil, active: true),
            ], by: .cli)
    }

    private static func add(_ name: String, _ role: Role, _ app: KessaiApp) async throws {
        _ = try await app.accounts.addUser(
            email: Secret("\(name)@example.com"), password: Secret(Template.password), name: nil, role: role,
            actor: .cli)
    }
}
