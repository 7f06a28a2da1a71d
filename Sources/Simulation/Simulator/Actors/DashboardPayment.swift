internal import HTTP
internal import JSON

/// A payment that an operator takes at Stripe, beside the application, and marks as an order's: as the order wants it, or
/// with one thing that is not the order's own.
struct DashboardPayment {
    let world: SimulatedWorld
    let name: String

    /// What tells such payments and pages from the application's own, at Stripe.
    private static let mark = ["by": "dashboard"]
    private static let states = ["pending", "awaiting_payment", "canceled", "paid"]

    /// Whether a charge, an intent or a page was made by hand.
    static func made(_ object: JSONValue) -> Bool { object["metadata"]?["by"] == "dashboard" }

    func perform(_ step: Step) async {
        let status = Self.states[step.argument % Self.states.count]
        let page = await world.request(as: name, "GET", "/api/admin/orders?status=\(status)")
        guard let order = page?["data"]?.array?.first, let id = order["id"]?.string,
            let total = order["total"]?["amount"]?.int, order["items"]?.array?.isEmpty != true
        else { return }
        if step.name == "dashboard_page" {
            await sell(another: step.argument % 2 == 0 ? total : total + 20, for: id)
            return
        }
        let amount = step.name == "dashboard_other_amount" ? max(50, total / 2) : total
        let currency = step.name == "dashboard_other_currency" ? "usd" : "jpy"
        var form: [(String, String)] = [
            ("amount", "\(amount)"), ("currency", currency), ("confirm", "true"), ("payment_method", "pm_card_visa"),
            ("automatic_payment_methods[enabled]", "true"), ("automatic_payment_methods[allow_redirects]", "never"),
        ]
        if let customer = await customer(of: id, isAnother: step.name == "dashboard_other_customer") {
            form.append(("customer", customer))
        }
        let made = await world.atStripe("POST", "/v1/payment_intents", Self.text(form + marks("", id)))
        world.trace.tell(
            "    a payment of \(amount) \(currency) for \(id) at Stripe: "
                + (made?["status"]?.string ?? made?.told ?? "?"))
    }

    /// Whom the application's intent of an order names, so that nothing but what is meant differs; or somebody else.
    private func customer(of order: String, isAnother: Bool) async -> String? {
        if isAnother { return await world.atStripe("POST", "/v1/customers", "name=another")?["id"]?.string }
        return await world.list("/v1/payment_intents")
            .first { $0["metadata"]?["order_id"]?.string == order && $0["customer"]?.string != nil }?["customer"]?
            .string
    }

    /// A page that names the order and sells something else, paid at once.
    private func sell(another amount: Int64, for order: String) async {
        let line = "line_items[0]"
        let form = [
            ("mode", "payment"), ("client_reference_id", order), ("success_url", SimulatedWorld.origin + "/"),
            ("\(line)[quantity]", "1"), ("\(line)[price_data][currency]", "jpy"),
            ("\(line)[price_data][unit_amount]", "\(amount)"),
            ("\(line)[price_data][product_data][name]", "another item"),
        ]
        let made = await world.atStripe(
            "POST", "/v1/checkout/sessions",
            Self.text(form + marks("", order) + marks("payment_intent_data", order)))
        guard let page = made?["id"]?.string else { return }
        let paid = await world.atSandbox("/_sandbox/checkout/sessions/\(page)/pay", ["card": "4242424242424242"])
        world.trace.tell(
            "    a page of another item at \(amount) for \(order) at Stripe: \(paid?["outcome"]?.string ?? "refused")")
    }

    private func marks(_ parent: String, _ order: String) -> [(String, String)] {
        (Self.mark.map { ($0.key, $0.value) } + [("order_id", order)]).map { name, value in
            (parent.isEmpty ? "metadata[\(name)]" : "\(parent)[metadata][\(name)]", value)
        }
    }

    private static func text(_ form: [(String, String)]) -> String {
        form.map { "\(PercentCoding.encode($0.0))=\(PercentCoding.encode($0.1))" }.joined(separator: "&")
    }
}
