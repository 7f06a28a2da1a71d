import AppTesting
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import KessaiAPI
import KessaiApp
import KessaiClient
import StripeSandbox
import Testing

/// A world that sells passes, and an app that uses it.
struct PassShop: Sendable {
    static let device = "device-0001"
    static let returnURL = "timekeeper://purchase"

    let world: World
    let transport: TestTransport
    let clock: RecordingClock
    let client: KessaiClient

    static func run(on engine: TestEngine, _ body: (PassShop) async throws -> Void) async throws {
        var options = World.Options()
        options.environment = [
            "PASSES_LICENSE_PRICE": "4800", "PASSES_DAYPASS_PRICES": "0:120,1:240", "PASSES_RETURN_URLS": returnURL,
        ]
        try await World.run(on: engine, options) { world in
            try await body(try PassShop(world))
            world.sandbox.clearFaults()
            await world.deliver()
            try await world.expectBooks()
        }
    }

    init(_ world: World, seed: UInt64 = 7) throws {
        self.world = world
        transport = TestTransport(to: world)
        clock = RecordingClock(world.clock)
        client = try KessaiClient(
            baseURL: World.origin, transport: transport, clock: clock, random: SeededRandom(seed))
    }

    /// The page of a purchase that is begun.
    func page(_ product: PassProduct, key: RequestKey? = nil) async throws -> CheckoutSessionResponse {
        let beginning = try await client.beginCheckout(
            product, device: Self.device, key: key ?? client.makeRequestKey())
        guard case .page(let page) = beginning else { throw Unexpected(what: "\(beginning)") }
        return page
    }

    /// Pays on the page as its buyer would; returns where the browser is sent.
    func pay(_ page: CheckoutSessionResponse, _ means: JSONValue = [:]) async throws -> String {
        let response = try await world.stripe.send(
            HTTPClientRequest(
                method: "POST", url: "\(Settings.stripeOwnBase)/_sandbox/checkout/sessions/\(page.sessionID)/pay",
                headers: ["Content-Type": "application/json"], body: means.bytes()))
        let answer = try JSONValue(parsing: response.body)
        return try #require(answer["url"]?.string, "\(answer)")
    }

    /// Begins, pays, and comes back.
    func buy(_ product: PassProduct, _ means: JSONValue = [:]) async throws -> PurchaseReturn.Paid {
        try await back(pay(page(product), means))
    }

    /// What the link says that opens the app.
    func back(_ link: String) throws -> PurchaseReturn.Paid {
        guard case .paid(let paid) = PurchaseReturn(link, returnURLs: [Self.returnURL]) else {
            throw Unexpected(what: "the link")
        }
        return paid
    }

    /// Every page that was made at Stripe.
    func pagesAtStripe() async throws -> [JSONValue] { try await world.listAtStripe("/v1/checkout/sessions") }
}

/// What a test did not expect.
struct Unexpected: Error {
    let what: String
}

/// The error that a call ends with.
func thrownError<Value>(of call: () async throws -> Value) async throws -> KessaiError {
    do {
        let value = try await call()
        throw Unexpected(what: "\(value)")
    } catch let error as KessaiError {
        return error
    }
}
