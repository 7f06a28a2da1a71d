internal import JSON
internal import Kernel

/// An operator: refunds paid orders, in full and in part, and cancels what nobody pays.
public struct Operator: Sendable {
    private let person: Person
    /// The address that `kessai users add` made an operator.
    public static let email = "operator@example.com"

    /// An operator.
    public init(_ person: Person) { self.person = person }

    /// Works while it storms, and finishes what was begun. Throws `CancellationError`.
    public func run() async throws {
        guard let token = try await person.logIn(Self.email) else {
            return person.memory.waitedInVain("POST /api/auth/login: the operator is not let in")
        }
        try await person.live { [self] in
            try await person.pause(500...2_000)
            let facts = person.memory.facts
            if person.dice.falls(80) {
                let paid = facts.compactMap { if case .paid(let order) = $0 { order } else { nil } }
                if !paid.isEmpty { try await refund(person.dice.pick(paid), token) }
            } else {
                let orders = facts.compactMap { if case .ordered(let order, _) = $0 { order } else { nil } }
                if !orders.isEmpty { try await cancel(person.dice.pick(orders), token) }
            }
        }
    }

    private func refund(_ order: String, _ token: String) async throws {
        person.memory.wishRefund()
        let isWhole = person.dice.falls(50)
        let answer = try await person.server.ask(
            "POST", "/api/admin/orders/\(order)/refunds",
            isWhole ? [:] : ["amount": .int(person.dice.number(in: 1...300))], token: token)
        guard let answer, answer.isGood, let id = answer.json["id"]?.string,
            let amount = answer.json["amount"]?["amount"]?.int
        else { return }
        person.memory.learn(.refunded(refund: id, order: order, amountMinor: amount))
    }

    private func cancel(_ order: String, _ token: String) async throws {
        let answer = try await person.server.ask("POST", "/api/orders/\(order)/cancel", token: token)
        if answer?.status == 200 { person.memory.learn(.canceled(order: order)) }
    }

    /// Settles what would otherwise wait for hours: cancels every order that is still open. Returns how many are open
    /// still. Throws ``DrillFailure`` when it is not served.
    public func settle() async throws -> Int {
        guard let token = try await person.logIn(Self.email) else { throw DrillFailure("the operator cannot log in") }
        var left = 0
        for status in ["pending", "awaiting_payment"] {
            let page = try await person.server.ask("GET", "/api/admin/orders?limit=100&status=\(status)", token: token)
            guard let page, page.isGood else { throw DrillFailure("the operator is not shown the orders") }
            for order in page.json["data"]?.array ?? [] {
                guard let id = order["id"]?.string else { continue }
                let answer = try await person.server.ask("POST", "/api/orders/\(id)/cancel", token: token)
                if answer?.status == 200 { person.memory.learn(.canceled(order: id)) } else { left += 1 }
            }
            if page.json["next_cursor"]?.string != nil { left += 1 }
        }
        return left
    }
}
