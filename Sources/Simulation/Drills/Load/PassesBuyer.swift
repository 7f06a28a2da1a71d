internal import HTTP
internal import JSON
internal import Kernel

/// Devices that buy day passes and licences on Stripe's pages; some die before they confirm.
public struct PassesBuyer: Sendable {
    private let person: Person

    /// A buyer.
    public init(_ person: Person) { self.person = person }

    /// Buys while it storms, and finishes what was begun. Throws `CancellationError`.
    public func run() async throws {
        try await person.live { [self] in
            person.memory.beginLife()
            let device = "drill-" + person.dice.alphanumerics(16)
            try await buy(person.dice.pick(["daypass", "license"]), for: device)
            if person.dice.falls(25) { try await buy("license", for: device) }
        }
    }

    private func buy(_ product: String, for device: String) async throws {
        let dice = person.dice
        let patience = person.patience()
        guard let session = try await begin(product, device, patience) else { return }
        // A second tap opens the same page, or one in its place: the last is the one that is seen.
        let again = dice.falls(15) ? try await begin(product, device, patience) : nil
        if dice.falls(8) { return }
        guard let token = try await pay(again ?? session) else { return }
        if dice.falls(25) { return }
        try await confirm(token, product, device)
    }

    private func begin(_ product: String, _ device: String, _ patience: Client.Patience) async throws -> String? {
        person.memory.wishPass()
        let answer = try await person.server.ask(
            "POST", "/api/checkout/sessions", ["device_id": .string(device), "product_type": .string(product)],
            patience: patience)
        guard let answer, answer.status == 201, let session = answer.json["session_id"]?.string,
            let reference = answer.json["reference"]?.int, let price = answer.json["price"]?["amount"]?.int
        else { return nil }
        person.memory.learn(.begun(reference: reference, session: session, priceMinor: price))
        return session
    }

    /// Does what the payer does on the page; the purchase's token when it is paid.
    private func pay(_ session: String) async throws -> String? {
        let path = "/_sandbox/checkout/sessions/\(session)/pay"
        if person.dice.falls(25) {
            _ = try await person.stripe.ask("POST", path, ["card": "4000000000000002"])
            try await person.pause()
        }
        guard let answer = try await person.stripe.ask("POST", path, ["card": "4242424242424242"]), answer.isGood,
            answer.json["outcome"] == "paid"
        else { return nil }
        person.memory.learn(.paidPage(session: session))
        let query = answer.json["url"]?.string?.split(separator: "?", maxSplits: 1).last ?? ""
        return PercentCoding.pairs(String(query))?.first { $0.name == "purchase_token" }?.value
    }

    private func confirm(_ token: String, _ product: String, _ device: String) async throws {
        let path = product == "license" ? "/license/confirm" : "/api/unlock/daypass"
        for _ in 0..<10 {
            let answer = try await person.server.ask(
                "POST", path, ["device_id": .string(device), "purchase_token": .string(token)])
            guard let answer, answer.isGood else { return }
            if answer.status == 200, let reference = answer.json["reference"]?.int {
                return person.memory.learn(.confirmed(reference: reference, device: device, product: product))
            }
            try await person.pause(50...300)
        }
    }
}
