internal import Database
public import JSON
internal import Kernel
internal import KernelTesting
internal import StripeSandbox
import Testing

/// A purchase that a device has begun.
public struct BegunPurchase: Sendable {
    /// The device.
    public let device: String
    /// `license` or `daypass`.
    public let product: String
    /// The session at Stripe.
    public let session: String
    /// The number for people.
    public let reference: Int64
    /// What it costs.
    public let price: Int64

    /// A purchase of these parts.
    public init(device: String, product: String, session: String, reference: Int64, price: Int64) {
        self.device = device
        self.product = product
        self.session = session
        self.reference = reference
        self.price = price
    }

    /// The purchase that an answer tells of.
    public init(_ reply: Reply, device: String, product: String) throws {
        self.device = device
        self.product = product
        session = try #require(reply["session_id"]?.string, "\(reply.json.text())")
        reference = try #require(reply["reference"]?.int)
        price = try #require(reply["price"]?["amount"]?.int)
    }
}

extension World.Options {
    /// A world that sells passes: a licence at ¥4,800; day passes at ¥120, from the third on ¥240, from the tenth ¥480.
    public static func passes(_ changes: [String: String] = [:]) -> World.Options {
        var options = World.Options()
        options.environment = [
            "PASSES_LICENSE_PRICE": "4800", "PASSES_DAYPASS_PRICES": "0:120,3:240,10:480",
            "PASSES_RETURN_URLS": "timekeeper://purchase,https://app.kessai.test/purchase",
        ]
        options.environment.merge(changes) { $1 }
        return options
    }
}

// What a device app does.
extension World {
    /// Asks for a payment page.
    public func checkout(
        _ device: String, _ product: String, unlockCount: Int64? = nil, returnURL: String? = nil, key: String? = nil
    ) async -> Reply {
        var body: JSONObject = ["device_id": .string(device), "product_type": .string(product)]
        if let unlockCount { body["unlock_count"] = .int(unlockCount) }
        if let returnURL { body["return_url"] = .string(returnURL) }
        return await send("POST", "/api/checkout/sessions", key: key, body: .object(body))
    }

    /// Begins a purchase.
    public func begin(_ device: String, _ product: String) async throws -> BegunPurchase {
        try BegunPurchase(await checkout(device, product), device: device, product: product)
    }

    /// Pays on the page as a buyer would; returns where the buyer is sent.
    @discardableResult
    public func payPage(_ purchase: BegunPurchase, _ how: JSONValue = ["card": "4242424242424242"]) async throws
        -> String
    {
        let answer = try await atStripe("POST", "/_sandbox/checkout/sessions/\(purchase.session)/pay", json: how)
        return answer["url"]?.string ?? ""
    }

    /// Settles what comes later.
    public func settle(_ purchase: BegunPurchase, _ outcome: String) async throws {
        let session = try await atStripe("GET", "/v1/checkout/sessions/\(purchase.session)")
        let intent = try #require(session["payment_intent"]?.string)
        _ = try await atStripe(
            "POST", "/_sandbox/payment_intents/\(intent)/settle", json: ["outcome": .string(outcome)])
    }

    /// The token that a return address carries.
    public static func token(in url: String) throws -> String {
        let query = try #require(url.split(separator: "?").dropFirst().first)
        return String(
            try #require(query.split(separator: "&").first { $0.hasPrefix("purchase_token=") }).dropFirst(15))
    }

    /// The token of a purchase, as its page would hand it out.
    public func token(of purchase: BegunPurchase) async throws -> String {
        let session = try await atStripe("GET", "/v1/checkout/sessions/\(purchase.session)")
        return try World.token(in: try #require(session["success_url"]?.string))
    }

    /// Confirms a purchase.
    public func confirm(_ token: String, device: String, _ product: String) async -> Reply {
        await send(
            "POST", product == "license" ? "/license/confirm" : "/unlock/daypass",
            body: ["device_id": .string(device), "purchase_token": .string(token)])
    }

    /// Confirms a purchase with its own token.
    public func confirm(_ purchase: BegunPurchase) async throws -> Reply {
        await confirm(try await token(of: purchase), device: purchase.device, purchase.product)
    }

    /// Moves time on to a moment, given in RFC 3339.
    public func travel(to moment: String) throws {
        clock.advance(by: try #require(Timestamp(rfc3339: moment)).since(clock.now()))
    }

    /// From now on the rows of devices refuse every change, so that no purchase can be delivered.
    public func breakDevices() async throws {
        try await alter(
            database.dialect == .sqlite
                ? "CREATE TRIGGER devices_broken BEFORE UPDATE ON devices BEGIN SELECT RAISE(ABORT, 'broken'); END"
                : "ALTER TABLE devices ADD CONSTRAINT devices_broken CHECK (unlock_count < 0) NOT VALID")
    }

    /// As ``breakDevices()``, for one device only.
    public func breakDevice(_ id: StaticString) async throws {
        try await alter(
            database.dialect == .sqlite
                ? SQL(
                    unsafe: """
                        CREATE TRIGGER devices_broken BEFORE UPDATE ON devices WHEN NEW.device_id = '\(id)'
                        BEGIN SELECT RAISE(ABORT, 'broken'); END
                        """)
                : SQL(
                    unsafe: """
                        ALTER TABLE devices ADD CONSTRAINT devices_broken CHECK (device_id <> '\(id)') NOT VALID
                        """))
    }

    /// Devices can be changed again.
    public func mendDevices() async throws {
        try await alter(
            database.dialect == .sqlite
                ? "DROP TRIGGER devices_broken" : "ALTER TABLE devices DROP CONSTRAINT devices_broken")
    }

    /// The pages at Stripe that take money still.
    public func openPages() async throws -> [String] {
        try await listAtStripe("/v1/checkout/sessions", "&status=open").compactMap { $0["id"]?.string }
    }

    /// The page of a purchase as it is at Stripe.
    public func page(_ purchase: BegunPurchase) async throws -> JSONValue {
        try await atStripe("GET", "/v1/checkout/sessions/\(purchase.session)")
    }

    /// The order of a purchase.
    public func orderID(of purchase: BegunPurchase) async throws -> String {
        try #require(try await page(purchase)["metadata"]?["order_id"]?.string)
    }

    /// What a device has.
    public func device(_ id: String) async -> Reply { await send("GET", "/api/devices/\(id)") }
}
