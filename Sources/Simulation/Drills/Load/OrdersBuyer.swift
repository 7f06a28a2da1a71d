internal import JSON
internal import Kernel
private import Synchronization

/// A buyer of Orders: registers, orders again and again, and now and then gives up, cancels or vanishes.
public final class OrdersBuyer: Sendable {
    private let person: Person
    /// Who is logged in, and how many accounts there were.
    private let account = Mutex<(token: String?, count: Int)>((nil, 0))

    static let products = ["sencha", "gift-wrap"]
    static let declined = [
        "pm_card_visa_chargeDeclined", "pm_card_visa_chargeDeclinedInsufficientFunds",
        "pm_card_chargeDeclinedExpiredCard",
    ]

    /// A buyer.
    public init(_ person: Person) { self.person = person }

    /// Buys while it storms, and finishes what was begun. Throws `CancellationError`.
    public func run() async throws {
        try await person.live { [self] in
            person.memory.beginLife()
            guard let token = try await logIn() else { return }
            try await life(token)
        }
    }

    /// Mostly the account that is logged in; one account has few orders, far fewer than may be open.
    private func logIn() async throws -> String? {
        if let token = account.withLock({ $0.token }), !person.dice.falls(15) { return token }
        let number = account.withLock { account in
            account.count += 1
            return account.count
        }
        let token = try await register("\(person.name)-\(number)@example.com")
        account.withLock { $0.token = token ?? $0.token }
        return token
    }

    private func register(_ email: String) async throws -> String? {
        let answer = try await person.server.ask(
            "POST", "/api/auth/register", ["email": .string(email), "password": .string(Person.password)])
        // 409: it was made by a try whose answer was lost and not kept.
        guard let answer, answer.isGood || answer.status == 409 else { return nil }
        if answer.isGood { person.memory.learn(.registered(email: email)) }
        return try await person.logIn(email)
    }

    private func life(_ token: String) async throws {
        let dice = person.dice
        let patience = person.patience()
        guard let order = try await place(token, patience) else { return }
        if dice.falls(6) { return }
        if dice.falls(8) { return try await cancel(order, token, patience) }
        guard let intent = try await open(order, token, patience) else { return }
        if dice.falls(15) { _ = try await open(order, token, patience) }
        if dice.falls(8) { return }
        if dice.falls(8) { return try await cancel(order, token, patience) }
        if dice.falls(30) { try await confirm(intent, card: dice.pick(Self.declined)) }
        try await person.pause()
        switch dice.number(in: 0...9) {
        case 0:
            // The browser is in two tabs.
            async let first: Void = confirm(intent, card: "pm_card_visa")
            async let second: Void = confirm(intent, card: "pm_card_visa")
            _ = try await (first, second)
        case 1:
            async let paying: Void = confirm(intent, card: "pm_card_visa")
            async let canceling: Void = cancel(order, token, patience)
            _ = try await (paying, canceling)
        default: try await confirm(intent, card: "pm_card_visa")
        }
        try await look(order, token)
    }

    private func place(_ token: String, _ patience: Client.Patience) async throws -> String? {
        let dice = person.dice
        person.memory.wishOrder()
        let items = JSONValue.array([
            ["product_id": .string(dice.pick(Self.products)), "quantity": .int(dice.number(in: 1...3))]
        ])
        let answer = try await person.server.ask(
            "POST", "/api/orders", ["items": items], token: token, patience: patience)
        guard let answer, answer.status == 201, let id = answer.json["id"]?.string,
            let total = answer.json["total"]?["amount"]?.int
        else { return nil }
        person.memory.learn(.ordered(order: id, totalMinor: total))
        return id
    }

    private typealias Intent = (id: String, secret: String)

    private func open(_ order: String, _ token: String, _ patience: Client.Patience) async throws -> Intent? {
        let answer = try await person.server.ask(
            "POST", "/api/payments/intent", ["order_id": .string(order)], token: token, patience: patience)
        guard let answer, answer.isGood, let id = answer.json["payment_intent_id"]?.string,
            let secret = answer.json["client_secret"]?.string, let amount = answer.json["amount"]?.int
        else { return nil }
        person.memory.learn(.opened(order: order, intent: id, amountMinor: amount))
        return (id, secret)
    }

    /// Confirms as Stripe.js does on the buyer's behalf. A refusal of the card, or of a canceled intent, is an answer too.
    private func confirm(_ intent: Intent, card: String) async throws {
        let answer = try await person.stripe.post(
            form: [
                ("payment_method", card), ("client_secret", intent.secret), ("return_url", "https://shop.example/"),
            ], to: "/v1/payment_intents/\(intent.id)/confirm", token: SandboxProcess.publishableKey)
        if answer?.isGood == true, answer?.json["status"] == "succeeded" {
            person.memory.learn(.charged(intent: intent.id))
        }
    }

    private func cancel(_ order: String, _ token: String, _ patience: Client.Patience) async throws {
        let answer = try await person.server.ask(
            "POST", "/api/orders/\(order)/cancel", token: token, patience: patience)
        if answer?.status == 200 { person.memory.learn(.canceled(order: order)) }
    }

    /// Looks whether it is paid, for a while: an event that was lost comes much later.
    private func look(_ order: String, _ token: String) async throws {
        for _ in 0..<10 {
            let answer = try await person.server.ask(
                "GET", "/api/orders/\(order)", token: token, patience: .tries(20))
            guard let answer, answer.isGood else { return }
            let status = answer.json["status"]?.string
            if ["paid", "partially_refunded", "refunded"].contains(status) {
                return person.memory.learn(.paid(order: order))
            }
            if status == "canceled" { return }
            try await person.pause(50...300)
        }
    }
}
