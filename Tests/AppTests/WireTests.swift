import AppTesting
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// What goes over the wire is what the OpenAPI document says. Every answer in every test of this target is held
/// against the document by ``World``; here every declared answer is met.
@Suite struct WireTests {
    @Test func `every answer that the document promises is met, and fits`() async throws {
        try await World.run(on: .sqlite, .passes()) { world in
            try await shop(world)
            try await trouble(world)
            try await passes(world)
            for path in ["/healthz", "/readyz", "/api/webhook/health", "/api/user/health"] {
                _ = await world.send("GET", path)
            }
            let missing = world.contract.promised.subtracting(world.contract.met)
            #expect(missing.sorted() == [])
        }
    }

    /// Products, orders, payments and refunds.
    private func shop(_ world: World) async throws {
        try await world.stockShop()
        let buyer = try await world.buyer()
        let chief = try await world.operator()
        let product: JSONValue = ["name": "茶碗", "unit_amount": ["amount": 100, "currency": "jpy"]]
        _ = await world.send("POST", "/api/admin/products", token: chief.token, body: product)
        _ = await world.send("PATCH", "/api/admin/products/tea", token: chief.token, body: ["stock": 50])
        _ = await world.send("GET", "/api/admin/products", token: chief.token)
        _ = await world.send("GET", "/api/admin/products/tea", token: chief.token)
        _ = await world.send("GET", "/api/products")
        let (order, _) = try await world.buy(2, by: buyer)
        _ = await world.send("GET", "/api/orders", token: buyer.token)
        _ = await world.send("GET", "/api/admin/orders", token: chief.token)
        _ = await world.send("GET", "/api/admin/payments", token: chief.token)
        _ = await world.read(order, by: buyer)
        #expect(await world.refund(order, ["amount": 1], by: chief).status == 201)
        _ = await world.send("GET", "/api/admin/orders/\(order.id)", token: chief.token)
        world.sandbox.add(StripeSandboxFault(.dropAnswer, method: "POST", path: "/v1/refunds"))
        #expect(await world.refund(order, by: chief).status == 202)
        #expect(await world.refunds(order, by: chief).count == 2)
        #expect(await world.story(order, by: chief).count > 5)
        let given = try await world.order(by: buyer)
        _ = try await world.openPayment(given, by: buyer)
        world.sandbox.add(StripeSandboxFault(.dropBefore, path: "/v1/payment_intents/{intent}/cancel"))
        #expect(await world.cancel(given, by: buyer).status == 202)
        #expect(await world.cancel(given, by: buyer).status == 200)
    }

    /// Devices, and every way of asking for what they bought.
    private func passes(_ world: World) async throws {
        for (index, product) in ["license", "daypass"].enumerated() {
            let device = "device-000\(index)"
            let purchase = try await world.begin(device, product)
            let token = try World.token(in: try await world.payPage(purchase, ["method": "konbini"]))
            let paths = product == "license" ? ["/license/confirm"] : ["/unlock/daypass"]
            let body: JSONValue = ["device_id": .string(device), "purchase_token": .string(token)]
            for path in paths + paths.map({ "/api\($0)" }) {
                #expect(await world.send("POST", path, body: body).status == 202)
            }
            #expect(await world.device(device)["pending_purchases"]?[0]?["state"] == "processing")
            try await world.settle(purchase, "paid")
            for path in paths + paths.map({ "/api\($0)" }) {
                #expect(await world.send("POST", path, body: body).status == 200)
            }
            for _ in 0..<10 { _ = await world.confirm("kpt_no", device: device, product) }
            let guess: JSONValue = ["device_id": .string(device), "purchase_token": "kpt_no"]
            for path in paths + paths.map({ "/api\($0)" }) {
                #expect(await world.send("POST", path, body: guess).status == 429)
            }
        }
    }

    /// Reviews, and an event that becomes a dead letter.
    private func trouble(_ world: World) async throws {
        let buyer = try await world.again("buyer@example.com")
        let chief = try await world.again("operator@example.com")
        let order = try await world.order(by: buyer)
        _ = try await world.payDirectly(order, amount: 100)
        await world.deliver()
        _ = await world.refund(order, by: chief)
        let review = try #require(await world.reviews(by: chief).first)
        #expect(await world.resolve(review, by: chief).status == 200)
        let event = try #require(try await world.event("payment_intent.succeeded"))
            .changing("data", "object", "metadata", "order_id", to: "019aa000-0000-7000-8000-000000000002")
            .changing("data", "object", "id", to: "pi_lost").changing("id", to: "evt_lost")
        for path in ["/webhooks/stripe", "/api/payments/webhook", "/api/webhook/stripe"] {
            #expect(await world.receive(event, at: path).status == 200)
        }
        for _ in 0..<40 {
            world.clock.advance(by: .seconds(8 * 3600))
            try await world.work()
        }
        let later = try await world.again("operator@example.com")
        let reconciliation = await world.send("GET", "/api/admin/reconciliation", token: later.token)
        #expect(reconciliation["statements"]?.array?.isEmpty == false)
        let letters = await world.send("GET", "/api/admin/dead-letters", token: later.token)["data"]?.array
        let letter = try #require(letters?.first?["id"]?.string)
        let path = "/api/admin/dead-letters/\(letter)/replay"
        #expect(await world.send("POST", path, token: later.token).status == 200)
        #expect(await world.send("POST", path, token: later.token).code == "dead_letter_not_found")
    }

    @Test func `the document is OpenAPI 3.1, names every operation once, and refers to what it has`() async throws {
        try await World.run(on: .sqlite) { world in
            let reply = await world.send("GET", "/openapi.json")
            #expect(reply.status == 200)
            #expect(reply.headers["Content-Type"] == "application/json")
            #expect(reply["openapi"] == "3.1.0")
            var names: [String] = []
            for (path, item) in reply["paths"]?.object?.members ?? [] {
                for (_, operation) in item.object?.members ?? [] {
                    names.append(operation["operationId"]?.string ?? "")
                    #expect(operation["summary"]?.string?.isEmpty == false)
                    #expect(operation["security"]?.array != nil)
                    let parameters = operation["parameters"]?.array ?? []
                    for segment in path.split(separator: "/") where segment.hasPrefix("{") {
                        let name = JSONValue.string(String(segment.dropFirst().dropLast()))
                        #expect(parameters.contains { $0["name"] == name && $0["in"] == "path" })
                    }
                }
            }
            #expect(names.count > 25)
            #expect(Set(names).count == names.count)
            #expect(!names.contains(""))
            let components = try #require(reply["components"]?["schemas"]?.object)
            for reference in references(reply.json) {
                #expect(components[String(reference.dropFirst("#/components/schemas/".count))] != nil)
            }
        }
    }

    private func references(_ value: JSONValue) -> [String] {
        if let array = value.array { return array.flatMap { references($0) } }
        return (value.object?.members ?? []).flatMap { name, member in
            name == "$ref" ? [member.string ?? ""] : references(member)
        }
    }
}
