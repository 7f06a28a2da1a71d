import AppTesting
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// A page that does not fit the device's wish any more is closed at Stripe before there is another: never two take money.
@Suite struct PassesSupersedingTests {
    private static let device = "device-0001"
    private static let elsewhere = "https://app.kessai.test/purchase"
    private static let expiring = "/v1/checkout/sessions/{session}/expire"

    @Test(arguments: TestEngine.all)
    func `another return address is another page, and the old one takes no money`(engine: TestEngine) async throws {
        try await World.run(on: engine, .passes()) { world in
            let old = try await world.begin(Self.device, "daypass")
            let reply = await world.checkout(Self.device, "daypass", returnURL: Self.elsewhere)
            #expect(reply.status == 201)
            let new = try BegunPurchase(reply, device: Self.device, product: "daypass")
            #expect(new.session != old.session)
            let open = try await world.openPages()
            #expect(open == [new.session])
            let closed = try await world.confirm(old)
            #expect(closed.status == 410)
            try await world.payPage(new)
            let confirmed = try await world.confirm(new)
            #expect(confirmed.status == 200)
            await world.deliver()
            #expect(await world.device(Self.device)["unlock_count"] == 1)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all, [StripeSandboxFault.Kind.dropAnswer, .dropBefore])
    func `while Stripe does not say that the old page is closed there is no other`(
        engine: TestEngine, kind: StripeSandboxFault.Kind
    ) async throws {
        try await World.run(on: engine, .passes()) { world in
            let old = try await world.begin(Self.device, "daypass")
            world.sandbox.add(StripeSandboxFault(kind, method: "POST", path: Self.expiring))
            let unsure = await world.checkout(Self.device, "daypass", returnURL: Self.elsewhere)
            #expect(unsure.status == 503)
            #expect(unsure.code == "payment_page_unavailable")
            #expect(unsure.headers["Retry-After"] != nil)
            let meanwhile = try await world.openPages()
            #expect(meanwhile == (kind == .dropBefore ? [old.session] : []))
            let pages = try await world.listAtStripe("/v1/checkout/sessions")
            #expect(pages.count == 1)
            let reply = await world.checkout(Self.device, "daypass", returnURL: Self.elsewhere)
            #expect(reply.status == 201)
            let new = try BegunPurchase(reply, device: Self.device, product: "daypass")
            let open = try await world.openPages()
            #expect(open == [new.session])
            try await world.payPage(new)
            await world.deliver()
            #expect(await world.device(Self.device)["unlock_count"] == 1)
            try await world.expectBooks()
        }
    }

    /// A buyer who pays in the moment before the page is closed.
    private struct PayingFirst: HTTPTransport {
        let inner: any HTTPTransport

        func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
            if request.url.hasSuffix("/expire") {
                let page = request.url.replacing("/v1/checkout", with: "/_sandbox/checkout").dropLast(7)
                _ = try await inner.send(
                    HTTPClientRequest(
                        method: "POST", url: "\(page)/pay", headers: ["Content-Type": "application/json"],
                        body: JSONValue.object(["card": "4242424242424242"]).bytes()))
            }
            return try await inner.send(request)
        }
    }

    @Test(arguments: TestEngine.all, ["daypass", "license"])
    func `the old page is paid at that very moment: it is delivered, and there is no other`(
        engine: TestEngine, product: String
    ) async throws {
        var options = World.Options.passes()
        options.changingStripe = { PayingFirst(inner: $0) }
        try await World.run(on: engine, options) { world in
            let old = try await world.begin(Self.device, product)
            let reply = await world.checkout(Self.device, product, returnURL: Self.elsewhere)
            #expect(reply.status == 409)
            #expect(reply.code == (product == "daypass" ? "already_unlocked" : "license_owned"))
            let pages = try await world.listAtStripe("/v1/checkout/sessions")
            #expect(pages.map { $0["id"]?.string } == [old.session])
            let device = await world.device(Self.device)
            #expect(device["unlocked"] == true)
            #expect(device["pending_purchases"] == [])
            await world.deliver()
            let confirmed = try await world.confirm(old)
            #expect(confirmed.status == 200)
            let payments = try await world.count("payments")
            #expect(payments == 1)
            try await world.expectBooks()
        }
    }
}
