internal import HTTP
internal import JSON
internal import Kernel

/// A device buys a day pass and then its licence: through the server's own door, and the buyer's part through the sandbox's.
struct PassesDemo {
    let world: DemoWorld
    let transcript: Transcript

    private static let system = "passes"
    private static let goodCard = "4242424242424242"
    private static let declinedCard = "4000000000000002"
    private var client: DemoClient { DemoClient(world: world, system: Self.system) }

    func run() async throws {
        transcript.title("Passes: a device, unlocked on Stripe Checkout")
        let device = DemoData.devicePrefix + world.random.alphanumerics(12)
        try await buyDaypass(device)
        try await buyLicense(device)
    }

    private func buyDaypass(_ device: String) async throws {
        let locked = try await read(device, step: "locked")
        guard locked["unlocked"]?.bool == false, let price = locked["next_price"]?["amount"]?.int else {
            throw client.failure("locked", "a new device is not locked")
        }
        transcript.step(
            Self.system, "locked", "the device is locked; a day pass costs \(Money(price, .jpy))",
            ["device_id": .string(device), "next_price": .int(price)])
        let session = try await begin("daypass", device)
        let refused = try await pay(session, card: Self.declinedCard, expecting: "declined", step: "declined")
        transcript.step(
            Self.system, "declined", "the card is declined on Stripe's page, which stays open",
            ["session_id": .string(session), "code": JSONValue(refused["code"]?.string)])
        let paid = try await pay(session, card: Self.goodCard, expecting: "paid", step: "pay")
        transcript.step(
            Self.system, "pay", "another card pays, and the page leads back to the app",
            ["session_id": .string(session)])
        let confirmed = try await client.post(
            world.url + "/unlock/daypass", ["device_id": .string(device), "purchase_token": try token(of: paid)],
            expecting: 200, step: "confirm")
        transcript.step(
            Self.system, "confirm",
            "the app confirms with its token: pass number \(confirmed["unlock_count"]?.int ?? 0)",
            [
                "reference": JSONValue(confirmed["reference"]?.int),
                "unlock_count": JSONValue(confirmed["unlock_count"]?.int),
            ])
        let unlocked = try await read(device, step: "unlocked")
        guard unlocked["unlocked"]?.bool == true, let until = unlocked["unlocked_until"]?.string else {
            throw client.failure("unlocked", "the device is not unlocked")
        }
        transcript.step(
            Self.system, "unlocked", "the device is unlocked until the end of the day in Tokyo: \(until)",
            ["device_id": .string(device), "unlocked_until": .string(until)])
    }

    /// The app dies on Stripe's page, so nobody confirms.
    private func buyLicense(_ device: String) async throws {
        let session = try await begin("license", device)
        _ = try await pay(session, card: Self.goodCard, expecting: "paid", step: "pay_license")
        transcript.step(
            Self.system, "pay_license", "the licence is paid, and the app dies before it can confirm",
            ["session_id": .string(session)])
        let licensed = try await client.read(
            world.url + "/api/devices/\(device)", until: { $0["license_purchased"]?.bool == true }, step: "licensed",
            "the licence was not delivered")
        transcript.step(
            Self.system, "licensed", "the signed event alone delivers it: unlocked for ever",
            ["device_id": .string(device), "license_purchased_at": JSONValue(licensed["license_purchased_at"]?.string)])
    }

    private func read(_ device: String, step: String) async throws -> JSONValue {
        try await client.get(world.url + "/api/devices/\(device)", step: step)
    }

    private func begin(_ product: String, _ device: String) async throws -> String {
        let step = product == "license" ? "checkout_license" : "checkout"
        let answer = try await client.post(
            world.url + "/api/checkout/sessions", ["device_id": .string(device), "product_type": .string(product)],
            expecting: 201, step: step)
        guard let session = answer["session_id"]?.string, let reference = answer["reference"]?.int,
            let price = answer["price"]?["amount"]?.int
        else { throw client.failure(step, "no session") }
        transcript.step(
            Self.system, step, "a payment page is opened for \(Money(price, .jpy)): reference \(reference)",
            ["session_id": .string(session), "reference": .int(reference), "price": .int(price)])
        return session
    }

    /// Does what the buyer does on the page.
    private func pay(_ session: String, card: String, expecting outcome: String, step: String) async throws -> JSONValue
    {
        let answer = try await client.post(
            world.stripeURL + "/_sandbox/checkout/sessions/\(session)/pay", ["card": .string(card)], expecting: 200,
            step: step)
        guard answer["outcome"]?.string == outcome else {
            throw client.failure(step, "the page ended with \(answer["outcome"]?.text() ?? "nothing")")
        }
        return answer
    }

    /// What the return address carries.
    private func token(of answer: JSONValue) throws -> JSONValue {
        let query = (answer["url"]?.string ?? "").split(separator: "?", maxSplits: 1).last ?? ""
        guard let token = PercentCoding.pairs(String(query))?.first(where: { $0.name == "purchase_token" })?.value
        else {
            throw client.failure("confirm", "the page leads back without a token")
        }
        return .string(token)
    }
}
