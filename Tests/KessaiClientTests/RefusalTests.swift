import AppTesting
import DatabaseTesting
import HTTP
import Kernel
import KernelTesting
import KessaiAPI
import KessaiClient
import Testing

/// Refusals as types, and arguments that are not sent at all. No text of any holds a secret.
@Suite struct RefusalTests {
    @Test(arguments: TestEngine.all)
    func `a token is good for its device and its product only`(engine: TestEngine) async throws {
        try await PassShop.run(on: engine) { shop in
            let paid = try await shop.buy(.license)
            let stranger = try await thrownError {
                try await shop.client.confirmLicense(device: "device-0002", token: paid.token)
            }
            #expect(stranger.code == "purchase_token_of_another_device")
            let other = try await thrownError {
                try await shop.client.confirmDaypass(device: PassShop.device, token: paid.token)
            }
            #expect(other.code == "purchase_token_of_another_product")
            let unknown = try await thrownError {
                try await shop.client.confirmLicense(device: PassShop.device, token: Secret("kpt_guessed"))
            }
            guard case .problem(let problem) = unknown else { throw unknown }
            #expect(problem.status == 404)
            #expect(problem.code == "purchase_token_unknown")
            #expect(problem.requestID?.isEmpty == false)
            #expect([stranger, other, unknown].map(\.endsPurchase) == [true, false, true])
            for error in [stranger, other, unknown] {
                #expect(!error.mayRepeat)
                #expect(!"\(error)".contains("kpt_"))
            }
        }
    }

    @Test(arguments: TestEngine.all)
    func `who guesses tokens is told how long to wait, and what is paid is delivered all the same`(engine: TestEngine)
        async throws
    {
        try await PassShop.run(on: engine) { shop in
            let paid = try await shop.buy(.license)
            var codes: [String?] = []
            while codes.count < 20, codes.last != "too_many_attempts" {
                let error = try await thrownError {
                    try await shop.client.confirmLicense(device: PassShop.device, token: Secret("kpt_\(codes.count)"))
                }
                codes.append(error.code)
            }
            #expect(codes.last == "too_many_attempts")
            let braked = try await thrownError {
                try await shop.client.confirmLicense(device: PassShop.device, token: Secret("kpt_guess"))
            }
            #expect(braked.mayRepeat)
            #expect(!braked.endsPurchase)
            #expect(try #require(braked.retryAfter) > .seconds(10))
            // Its own token passes all the same.
            guard case .confirmed = try await shop.client.confirm(paid, device: PassShop.device) else {
                throw Unexpected(what: "not confirmed")
            }
            await shop.world.deliver()
            #expect(try await shop.client.device(PassShop.device).unlocked)
        }
    }

    @Test(arguments: TestEngine.all)
    func `fields at fault are named`(engine: TestEngine) async throws {
        try await PassShop.run(on: engine) { shop in
            let error = try await thrownError {
                try await shop.client.beginCheckout(
                    .license, device: "x", key: shop.client.makeRequestKey(), returnURL: "https://evil.example/")
            }
            guard case .problem(let problem) = error else { throw error }
            #expect(problem.code == "invalid_input")
            #expect(problem.fields.map(\.name) == ["device_id"])
            let elsewhere = try await thrownError {
                try await shop.client.beginCheckout(
                    .license, device: PassShop.device, key: shop.client.makeRequestKey(),
                    returnURL: "https://evil.example/")
            }
            guard case .problem(let second) = elsewhere else { throw elsewhere }
            #expect(second.fields.map(\.code) == ["not_allowed"])
        }
    }

    @Test func `a server that sells no passes is told at once`() async throws {
        try await World.run(on: .sqlite) { world in
            let shop = try PassShop(world)
            let error = try await thrownError { try await shop.client.device(PassShop.device) }
            #expect(error.code == "passes_not_configured")
            #expect(error.retryAfter == .seconds(3600))
            #expect(shop.clock.slept.isEmpty)
        }
    }

    @Test(arguments: ["", ".", ".."])
    func `names that would reach another path are not sent`(name: String) async throws {
        let transport = TestTransport()
        let client = try KessaiClient(baseURL: World.origin, transport: transport)
        let error = try await thrownError { try await client.device(name) }
        guard case .invalidArgument = error else { throw error }
        let order = try await thrownError { try await client.buyer(token: Secret("t")).order(name) }
        guard case .invalidArgument = order else { throw order }
        #expect(transport.requests.isEmpty)
    }

    @Test func `a name is one segment, whatever is in it`() async throws {
        let transport = TestTransport()
        let client = try KessaiClient(baseURL: World.origin + "/", transport: transport)
        _ = try await thrownError { try await client.device("../x?y#z/w") }
        #expect(transport.requests.map(\.url) == [World.origin + "/api/devices/..%2Fx%3Fy%23z%2Fw"])
    }

    @Test func `a token that would break out of its field is not sent`() async throws {
        let transport = TestTransport()
        let client = try KessaiClient(baseURL: World.origin, transport: transport)
        let error = try await thrownError { try await client.buyer(token: Secret("t\r\nX: y")).account() }
        #expect(error == .invalidArgument("the access token is not one"))
        #expect(transport.requests.isEmpty)
    }

    @Test(arguments: [
        "", "shop.example.com", "http://shop.example.com", "ftp://shop.example.com", "https://", "https:///x",
        "https://user:word@shop.example.com", "https://shop.example.com/?a=1", "https://shop.example.com/#a",
        "https://shop.example.com\r\n", "http://localhost.example.com",
    ])
    func `an address that no client should use is refused`(address: String) {
        #expect(throws: KessaiError.self) { try KessaiClient(baseURL: address, transport: TestTransport()) }
    }

    @Test(arguments: ["https://shop.example.com/pay", "http://127.0.0.1:8080", "http://localhost"])
    func `https, and this machine, are taken`(address: String) throws {
        _ = try KessaiClient(baseURL: address, transport: TestTransport())
        _ = try KessaiClient(
            baseURL: "http://shop.internal", transport: TestTransport(), options: .init(allowsPlainHTTP: true))
    }

    @Test func `keys and device ids are made anew, and fit`() throws {
        let client = try KessaiClient(baseURL: World.origin, transport: TestTransport(), random: SeededRandom())
        #expect(client.makeRequestKey() != client.makeRequestKey())
        #expect(client.makeDeviceID().utf8.count == 36)
        #expect(RequestKey("") == nil)
        #expect(RequestKey("a b") == nil)
        #expect(RequestKey(String(repeating: "a", count: 256)) == nil)
    }

    @Test func `secrets are not printed`() throws {
        let client = try KessaiClient(baseURL: World.origin, transport: TestTransport())
        let buyer = client.buyer(token: Secret("at_very_secret"))
        let paid = try #require(
            PurchaseReturn.Paid(product: .license, token: Secret("kpt_very_secret"), sessionID: "cs_1"))
        var dumped = ""
        dump(buyer, to: &dumped)
        dump(PurchaseReturn.paid(paid), to: &dumped)
        #expect(!(dumped + "\(buyer) \(paid)").contains("very_secret"))
    }
}
