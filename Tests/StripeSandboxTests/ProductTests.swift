import JSON
import Kernel
import StripeSchemas
import Testing

/// Products and prices, over the wire.
@Suite struct ProductTests {
    @Test(arguments: [StripeSchemas.newest.version, StripeSchemas.old.version])
    func `a product comes with its first price, and both tell of themselves`(version: String) async throws {
        let harness = Harness(version == StripeSchemas.old.version ? .old : .newest)
        let product = try await harness.post(
            "/v1/products",
            [
                "name": "Timekeeper", "description": "一年分", "default_price_data[currency]": "JPY",
                "default_price_data[unit_amount]": "9800", "images[]": "https://shop.example/a.png",
                "marketing_features[0][name]": "すぐ使える", "metadata[plan]": "year", "url": "https://shop.example",
            ])
        #expect(product.id.hasPrefix("prod_"))
        #expect(product["active"] == true && product["type"] == "service")
        let price = try await harness.get("/v1/prices/\(product["default_price"]?.string ?? "")")
        #expect(price["unit_amount"] == 9800 && price["unit_amount_decimal"] == "9800")
        #expect(price["type"] == "one_time" && price["product"]?.string == product.id)
        await harness.advance(.zero)
        #expect(harness.hook.types == ["product.created", "price.created"])
        let expanded = try await harness.get("/v1/products/\(product.id)", ["expand[]": "default_price"])
        #expect(expanded["default_price"]?["currency"] == "jpy")
        let whole = try await harness.get("/v1/prices/\(price.id)", ["expand[]": "product"])
        #expect(whole["product"]?["name"] == "Timekeeper")
    }

    @Test func `an update changes words and never amounts`() async throws {
        let harness = Harness()
        let product = try await harness.post("/v1/products", ["name": "A", "id": "cup"])
        #expect(product.id == "cup")
        #expect(
            try await harness.send("POST", "/v1/products", ["name": "A", "id": "cup"]).code == "resource_already_exists"
        )
        let price = try await harness.post(
            "/v1/prices", ["currency": "jpy", "product": "cup", "unit_amount_decimal": "500.0", "nickname": "n"])
        #expect(price["unit_amount"] == 500)
        let changed = try await harness.post(
            "/v1/prices/\(price.id)", ["active": "false", "nickname": "old", "metadata[a]": "b"])
        #expect(changed["active"] == false && changed["nickname"] == "old")
        let refused = try await harness.send("POST", "/v1/prices/\(price.id)", ["unit_amount": "1"])
        #expect(refused.code == "parameter_unknown" && refused.param == "unit_amount")
        #expect(try await harness.send("POST", "/v1/products/cup", ["default_price": price.id]).status == 400)
        _ = try await harness.post("/v1/prices/\(price.id)", ["active": "true"])
        let named = try await harness.post("/v1/products/cup", ["name": "B", "default_price": price.id, "images": ""])
        #expect(named["name"] == "B" && named["default_price"]?.string == price.id)
        let update = try await harness.get("/v1/events", ["type": "product.updated"])["data"]?[0]
        #expect(update?["data"]?["previous_attributes"]?["name"] == "A")
    }

    @Test func `only a product without prices can be deleted`() async throws {
        let harness = Harness()
        let bare = try await harness.post("/v1/products", ["name": "A"])
        #expect(try await harness.send("DELETE", "/v1/products/\(bare.id)").json["deleted"] == true)
        #expect(try await harness.send("GET", "/v1/products/\(bare.id)").status == 404)
        let sold = try await harness.post(
            "/v1/prices", ["currency": "jpy", "product_data[name]": "B", "unit_amount": "100"])
        let id = sold["product"]?.string ?? ""
        #expect(try await harness.send("DELETE", "/v1/products/\(id)").status == 400)
        #expect(
            try await harness.eventTypes() == [
                "product.created", "product.deleted", "product.created", "price.created",
            ])
    }

    @Test func `a lookup key belongs to one price and moves when asked`() async throws {
        let harness = Harness()
        let form: KeyValuePairs = [
            "currency": "jpy", "product_data[name]": "A", "unit_amount": "100", "lookup_key": "day",
        ]
        let first = try await harness.post("/v1/prices", form)
        #expect(try await harness.send("POST", "/v1/prices", form).code == "resource_already_exists")
        let second = try await harness.post(
            "/v1/prices",
            [
                "currency": "jpy", "product_data[name]": "A", "unit_amount": "200", "lookup_key": "day",
                "transfer_lookup_key": "true",
            ])
        #expect(try await harness.get("/v1/prices/\(first.id)")["lookup_key"]?.isNull == true)
        let found = try await harness.get("/v1/prices", ["lookup_keys[]": "day"])["data"]?.array ?? []
        #expect(found.map(\.id) == [second.id])
    }

    @Test func `lists narrow`() async throws {
        let harness = Harness()
        let product = try await harness.post("/v1/products", ["name": "A", "active": "false"]).id
        let other = try await harness.post("/v1/products", ["name": "B"]).id
        let monthly = try await harness.post(
            "/v1/prices",
            ["currency": "jpy", "product": other, "unit_amount": "980", "recurring[interval]": "month"])
        #expect(monthly["type"] == "recurring" && monthly["recurring"]?["interval_count"] == 1)
        let once = try await harness.post("/v1/prices", ["currency": "usd", "product": other, "unit_amount": "980"])
        func ids(_ path: String, _ form: KeyValuePairs<String, String>) async throws -> [String] {
            try await harness.get(path, form)["data"]?.array?.map(\.id) ?? []
        }
        let inactive = try await ids("/v1/products", ["active": "false"])
        #expect(inactive == [product])
        let named = try await ids("/v1/products", ["ids[]": other])
        #expect(named == [other])
        let recurring = try await ids("/v1/prices", ["type": "recurring"])
        #expect(recurring == [monthly.id])
        let dollars = try await ids("/v1/prices", ["currency": "usd", "product": other])
        #expect(dollars == [once.id])
        let months = try await ids("/v1/prices", ["recurring[interval]": "month"])
        #expect(months == [monthly.id])
        let searched = try await ids("/v1/products/search", ["query": "name:'B'"])
        #expect(searched == [other])
        let prices = try await ids("/v1/prices/search", ["query": "currency:'usd'"])
        #expect(prices == [once.id])
    }

    @Test(arguments: [
        ("currency=jpy&unit_amount=100", "parameter_missing", "product"),
        ("currency=jpy&unit_amount=100&product=prod_x", "resource_missing", "product"),
        ("currency=jpy&unit_amount=1&product=p&product_data[name]=a", "parameters_exclusive", "product_data"),
        ("currency=jpy&product_data[name]=a", "parameter_missing", "unit_amount"),
        ("currency=jpy&product_data[name]=a&unit_amount=-1", "parameter_invalid_integer", "unit_amount"),
        ("currency=jpy&product_data[name]=a&unit_amount=100000000", "amount_too_large", "unit_amount"),
        (
            "currency=jpy&product_data[name]=a&unit_amount=1&unit_amount_decimal=1", "parameters_exclusive",
            "unit_amount_decimal"
        ),
        ("currency=jpy&product_data[name]=a&unit_amount_decimal=1.5", nil, "unit_amount_decimal"),
        ("currency=jpy&product_data[name]=a&unit_amount_decimal=x", nil, "unit_amount_decimal"),
        ("currency=xxx&product_data[name]=a&unit_amount=1", nil, "currency"),
        (
            "currency=jpy&product_data[name]=a&unit_amount=1&recurring[interval]=month&recurring[interval_count]=37",
            "parameter_invalid_integer", "recurring[interval_count]"
        ),
        ("unit_amount=1", "parameter_missing", "currency"),
        ("currency=jpy&unit_amount=1&product_data[x]=1", "parameter_unknown", "product_data[x]"),
    ])
    func `a wrong price is refused by name`(form: String, code: String?, param: String) async throws {
        let answer = try await Harness().send("POST", "/v1/prices", raw: form)
        #expect(answer.status == 400)
        #expect(answer.code == code)
        #expect(answer.param == param)
    }
}
