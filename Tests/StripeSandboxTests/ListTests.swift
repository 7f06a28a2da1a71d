import JSON
import Kernel
import KernelTesting
import StripeSandbox
import StripeSchemas
import Testing

/// Pages, expansion and search.
@Suite struct ListTests {
    private func customers(_ harness: Harness, _ count: Int) async throws -> [String] {
        var ids: [String] = []
        for number in 0..<count {
            ids.append(try await harness.post("/v1/customers", ["name": "c\(number)"]).id)
            harness.clock.advance(by: .seconds(10))
        }
        return ids
    }

    private func ids(_ list: JSONValue) -> [String] { (list["data"]?.array ?? []).map(\.id) }

    @Test func `pages go from the newest to the oldest and back`() async throws {
        let harness = Harness()
        let made = Array(try await customers(harness, 12).reversed())
        let first = try await harness.get("/v1/customers")
        #expect(ids(first) == Array(made[0..<10]))
        #expect(first["has_more"] == true)
        #expect(first["url"] == "/v1/customers")
        let second = try await harness.get("/v1/customers", ["starting_after": made[9]])
        #expect(ids(second) == Array(made[10..<12]))
        #expect(second["has_more"] == false)
        let back = try await harness.get("/v1/customers", ["ending_before": made[5], "limit": "3"])
        #expect(ids(back) == Array(made[2..<5]))
        #expect(back["has_more"] == true)
        let start = try await harness.get("/v1/customers", ["ending_before": made[2], "limit": "3"])
        #expect(ids(start) == Array(made[0..<2]))
        #expect(start["has_more"] == false)
    }

    @Test(arguments: [
        ("limit=0", "parameter_invalid_integer", "limit"), ("limit=101", "parameter_invalid_integer", "limit"),
        ("starting_after=cus_x", "resource_missing", "starting_after"),
        ("ending_before=cus_x", "resource_missing", "ending_before"),
        ("starting_after=cus_x&ending_before=cus_x", "parameters_exclusive", "ending_before"),
        ("page=2", "parameter_unknown", "page"), ("created[after]=2", "parameter_unknown", "created[after]"),
    ])
    func `a page that cannot be is refused`(query: String, code: String, param: String) async throws {
        let answer = try await Harness().send("GET", "/v1/customers", raw: query)
        #expect(answer.status == 400)
        #expect(answer.code == code)
        #expect(answer.param == param)
    }

    @Test func `times narrow a list`() async throws {
        let harness = Harness()
        let start = harness.clock.now().epochSeconds
        let made = try await customers(harness, 4)
        func find(_ query: String) async throws -> [String] {
            ids(try await harness.send("GET", "/v1/customers", raw: query).json).reversed()
        }
        #expect(try await find("created=\(start + 10)") == [made[1]])
        #expect(try await find("created[gt]=\(start + 10)") == [made[2], made[3]])
        #expect(try await find("created[gte]=\(start + 10)&created[lt]=\(start + 30)") == [made[1], made[2]])
        #expect(try await find("created[lte]=\(start)") == [made[0]])
    }

    @Test(arguments: [StripeSchemas.newest.version, StripeSchemas.old.version])
    func `references are answered in full when asked for, down to four levels`(version: String) async throws {
        let harness = Harness(version == StripeSchemas.old.version ? .old : .newest)
        let customer = try await harness.post("/v1/customers", ["name": "A"]).id
        let paid = try await harness.post(
            "/v1/payment_intents",
            [
                "amount": "980", "currency": "jpy", "customer": customer, "payment_method": "pm_card_visa",
                "confirm": "true", "capture_method": "automatic", "return_url": "https://shop.example",
                "expand[0]": "customer", "expand[1]": "latest_charge.balance_transaction",
                "expand[2]": "latest_charge.refunds", "expand[3]": "payment_method",
            ])
        #expect(paid["customer"]?["name"] == "A")
        #expect(paid["latest_charge"]?["balance_transaction"]?["net"] == 945)
        #expect(paid["latest_charge"]?["refunds"]?["data"] == [])
        #expect(paid["payment_method"]?["card"]?["brand"] == "visa")
        let refund = try await harness.post(
            "/v1/refunds",
            [
                "payment_intent": paid.id, "amount": "100",
                "expand[]": "charge.payment_intent.latest_charge.customer",
            ])
        let deep = refund["charge"]?["payment_intent"]?["latest_charge"]?["customer"]
        #expect(deep?["name"] == "A")
        let list = try await harness.get(
            "/v1/charges", ["expand[]": "data.customer", "expand[1]": "data.refunds.data.payment_intent"])
        #expect(list["data"]?[0]?["customer"]?["name"] == "A")
        #expect(list["data"]?[0]?["refunds"]?["data"]?[0]?["payment_intent"]?.id == paid.id)
        let movements = try await harness.get("/v1/balance_transactions", ["expand[]": "data.source"])
        #expect(movements["data"]?[0]?["source"]?["object"] == "refund")
        try await harness.send("DELETE", "/v1/customers/\(customer)")
        let orphan = try await harness.get("/v1/payment_intents/\(paid.id)", ["expand[]": "customer"])
        #expect(orphan["customer"]?["deleted"] == true)
    }

    @Test(arguments: [
        ("/v1/payment_intents", "customers"), ("/v1/payment_intents", "customer"), ("/v1/payment_intents", "data"),
        ("/v1/payment_intents", "data.amount"), ("/v1/payment_intents", "data.customer.name"),
        ("/v1/payment_intents", "data.latest_charge.payment_intent.latest_charge.payment_intent.customer"),
    ])
    func `a path that leads nowhere is refused by its place`(path: String, expand: String) async throws {
        let answer = try await Harness().send("GET", path, ["expand[]": expand])
        #expect(answer.status == 400)
        #expect(answer.param == "expand[0]")
    }

    @Test(arguments: [
        ("metadata['order_id']:'7'", 1), ("metadata[\"order_id\"]:\"7\"", 1), ("status:'succeeded'", 1),
        ("amount>500 AND currency:'jpy'", 2), ("amount>=1500", 1), ("amount<1000", 1), ("amount<=980", 1),
        ("status:'succeeded' OR amount:1500", 2), ("-status:'succeeded'", 1), ("customer:null", 2),
        ("metadata['order_id']~'7'", 1), ("created>0", 2), ("metadata['none']:'x'", 0),
    ])
    func `search finds by the language of Stripe's`(query: String, count: Int) async throws {
        let harness = Harness()
        _ = try await PaymentIntentTests.pay(harness, with: "pm_card_visa", [("metadata[order_id]", "7")])
        _ = try await harness.post("/v1/payment_intents", ["amount": "1500", "currency": "jpy"])
        let found = try await harness.get("/v1/payment_intents/search", ["query": query])
        #expect(found["object"] == "search_result")
        #expect(found["data"]?.array?.count == count)
    }

    @Test(arguments: ["", "name", "name:", "name:'x", "name:'x' AND", "a:1 AND b:2 OR c:3", "name:'x' y", "[x]:1"])
    func `what is no query is refused`(query: String) async throws {
        let answer = try await Harness().send("GET", "/v1/customers/search", ["query": query])
        #expect(answer.status == 400)
        #expect(answer.param == "query")
    }

    @Test func `search has pages too, and forgets the deleted`() async throws {
        let harness = Harness()
        let made = try await customers(harness, 3)
        try await harness.send("DELETE", "/v1/customers/\(made[0])")
        let first = try await harness.get("/v1/customers/search", ["query": "name~'c'", "limit": "1"])
        #expect(ids(first) == [made[2]])
        let next = try await harness.get(
            "/v1/customers/search",
            ["query": "name~'c'", "limit": "1", "page": first["next_page"]?.string ?? ""])
        #expect(ids(next) == [made[1]])
        #expect(next["has_more"] == false)
        #expect(next["next_page"]?.isNull == true)
        let odd = try await harness.send("GET", "/v1/customers/search", ["query": "name~'c'", "page": "x"])
        #expect(odd.param == "page")
        #expect(ids(try await harness.get("/v1/charges/search", ["query": "amount>1"])) == [])
    }
}
