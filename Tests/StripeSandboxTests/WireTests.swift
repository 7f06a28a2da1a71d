import HTTP
import JSON
import Kernel
import StripeSandbox
import StripeSchemas
import Testing

/// How requests are written and answers come back (docs: the wire format of Stripe's API).
@Suite struct WireTests {
    @Test(arguments: [
        "preferred_locales[0]=ja&preferred_locales[1]=en", "preferred_locales[]=ja&preferred_locales[]=en",
        "preferred_locales[5]=en&preferred_locales[2]=ja", "preferred_locales%5B0%5D=ja&preferred_locales%5B1%5D=en",
        "preferred_locales%5B%5D=ja&preferred_locales%5B%5D=en",
    ])
    func `a list of texts has three spellings, with raw and encoded brackets and gaps in its indices`(form: String)
        async throws
    {
        let harness = Harness()
        let answer = try await harness.send("POST", "/v1/customers", raw: form)
        #expect(answer.json["preferred_locales"] == ["ja", "en"])
    }

    @Test(arguments: [
        "invoice_settings[custom_fields][0][name]=a&invoice_settings[custom_fields][0][value]=1"
            + "&invoice_settings[custom_fields][1][name]=b&invoice_settings[custom_fields][1][value]=2",
        "invoice_settings[custom_fields][][name]=a&invoice_settings[custom_fields][][value]=1"
            + "&invoice_settings[custom_fields][][name]=b&invoice_settings[custom_fields][][value]=2",
    ])
    func `a repeated sub-key begins a new element of a list of hashes`(form: String) async throws {
        let answer = try await Harness().send("POST", "/v1/customers", raw: form)
        let fields: JSONValue = [["name": "a", "value": "1"], ["name": "b", "value": "2"]]
        #expect(answer.json["invoice_settings"]?["custom_fields"] == fields)
    }

    @Test func `metadata stays a hash whatever its keys look like`() async throws {
        let answer = try await Harness().send("POST", "/v1/customers", raw: "metadata[0]=zero&metadata[order]=7")
        #expect(answer.json["metadata"] == ["0": "zero", "order": "7"])
    }

    @Test func `an update merges metadata, an empty value removes its key, an empty whole clears`() async throws {
        let harness = Harness()
        let id = try await harness.post("/v1/customers", ["metadata[a]": "1", "metadata[b]": "2"]).id
        let merged = try await harness.post("/v1/customers/\(id)", ["metadata[a]": "", "metadata[c]": "3"])
        #expect(merged["metadata"] == ["b": "2", "c": "3"])
        let cleared = try await harness.post("/v1/customers/\(id)", ["metadata": ""])
        #expect(cleared["metadata"] == [:])
    }

    @Test func `an empty text unsets what can be unset and nothing else`() async throws {
        let harness = Harness()
        let made = try await harness.post(
            "/v1/customers", ["address[city]": "Tokyo", "address[country]": "JP", "email": "a@example.com"])
        #expect(made["address"]?["city"] == "Tokyo")
        let unset = try await harness.post("/v1/customers/\(made.id)", ["address": ""])
        #expect(unset["address"]?.isNull == true)
        let refused = try await harness.send("POST", "/v1/customers/\(made.id)", ["email": ""])
        #expect(refused.status == 400)
        #expect(refused.code == "parameter_invalid_empty")
        #expect(refused.param == "email")
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let form: String
        let code: String?
        let param: String
        var testDescription: String { form }
    }

    @Test(arguments: [
        Fault(form: "amount=1000", code: "parameter_missing", param: "currency"),
        Fault(form: "currency=jpy", code: "parameter_missing", param: "amount"),
        Fault(form: "amount=1000&currency=jpy&price=3", code: "parameter_unknown", param: "price"),
        Fault(
            form: "amount=1000&currency=jpy&shipping[address][street]=x&shipping[name]=y", code: "parameter_unknown",
            param: "shipping[address][street]"),
        Fault(
            form: "amount=1000&currency=jpy&shipping[name]=y", code: "parameter_missing", param: "shipping[address]"),
        Fault(form: "amount=ten&currency=jpy", code: "parameter_invalid_integer", param: "amount"),
        Fault(form: "amount=10.5&currency=jpy", code: "parameter_invalid_integer", param: "amount"),
        Fault(form: "amount=99999999999999999999&currency=jpy", code: "parameter_invalid_integer", param: "amount"),
        Fault(form: "amount=0&currency=jpy", code: "parameter_invalid_integer", param: "amount"),
        Fault(form: "amount=-5&currency=jpy", code: "parameter_invalid_integer", param: "amount"),
        Fault(form: "amount=&currency=jpy", code: "parameter_invalid_empty", param: "amount"),
        Fault(form: "amount=1000&currency=%20%20%20", code: "parameter_invalid_string_blank", param: "currency"),
        Fault(form: "amount=1000&currency=xyz", code: nil, param: "currency"),
        Fault(form: "amount=1000&currency=jpy&confirm=yes", code: nil, param: "confirm"),
        Fault(form: "amount=1000&currency=jpy&capture_method=later", code: nil, param: "capture_method"),
        Fault(form: "amount=1000&currency=jpy&metadata=x", code: nil, param: "metadata"),
        Fault(form: "amount[0]=1000&currency=jpy", code: nil, param: "amount"),
        Fault(form: "amount=1000&currency=jpy&expand=latest_charge", code: nil, param: "expand"),
        Fault(form: "amount=1000&currency=jpy&expand[a]=latest_charge", code: nil, param: "expand"),
        Fault(form: "amount=1000&currency=jpy&expand[0]=", code: "parameter_invalid_empty", param: "expand[0]"),
        Fault(form: "amount=49&currency=jpy", code: "amount_too_small", param: "amount"),
        Fault(form: "amount=49&currency=USD", code: "amount_too_small", param: "amount"),
        Fault(form: "amount=17499&currency=huf", code: "amount_too_small", param: "amount"),
        Fault(form: "amount=100000000&currency=jpy", code: "amount_too_large", param: "amount"),
        Fault(form: "amount=1001&currency=kwd", code: "parameter_invalid_integer", param: "amount"),
        Fault(form: "amount=1050&currency=ugx", code: "parameter_invalid_integer", param: "amount"),
        Fault(form: "amount=1000&currency=jpy&return_url=https://a.example", code: nil, param: "return_url"),
        Fault(form: "amount=1000&currency=jpy&off_session=true", code: nil, param: "off_session"),
        Fault(form: "amount=1000&currency=jpy&transfer_data[destination]=acct_1", code: nil, param: "transfer_data"),
        Fault(form: "amount=1000&currency=jpy&amount[x]=1", code: nil, param: "amount"),
        Fault(
            form: "amount=1000&currency=jpy&payment_method_types[]=card",
            code: "payment_method_types_no_longer_supported", param: "payment_method_types"),
    ])
    func `a bad parameter is refused by name`(fault: Fault) async throws {
        let harness = Harness()
        let answer = try await harness.send("POST", "/v1/payment_intents", raw: fault.form)
        #expect(answer.status == 400)
        #expect(answer.error?["type"] == "invalid_request_error")
        #expect(answer.code == fault.code)
        #expect(answer.param == fault.param)
        #expect(try await harness.eventTypes().isEmpty)
    }

    @Test func `metadata has Stripe's three limits`() async throws {
        let harness = Harness()
        let many = (0...50).map { "metadata[k\($0)]=v" }.joined(separator: "&")
        let long = String(repeating: "k", count: 41)
        let wide = String(repeating: "v", count: 501)
        for form in [many, "metadata[\(long)]=v", "metadata[k]=\(wide)"] {
            #expect(try await harness.send("POST", "/v1/customers", raw: form).status == 400)
        }
        let fits = (0..<50).map { "metadata[k\($0)]=\(String(repeating: "v", count: 500))" }.joined(separator: "&")
        let id = try await harness.send("POST", "/v1/customers", raw: fits).json.id
        #expect(try await harness.send("POST", "/v1/customers/\(id)", ["metadata[more]": "v"]).status == 400)
    }

    @Test(arguments: ["email=%zz", "email=%ff", "a[b][c][d][e][f][g][h][i][j][k]=1"])
    func `what is no form is refused`(form: String) async throws {
        let answer = try await Harness().send("POST", "/v1/customers", raw: form)
        #expect(answer.status == 400)
        #expect(answer.error?["type"] == "invalid_request_error")
    }

    @Test func `JSON bodies are not taken`() async throws {
        let harness = Harness()
        let request = HTTPClientRequest(
            method: "POST", url: Harness.api + "/v1/customers",
            headers: ["Authorization": "Bearer sk_test_kessai", "Content-Type": "application/json"],
            body: Array("{}".utf8))
        #expect(try await harness.transport.send(request).status == 400)
    }

    @Test(arguments: ["sk_test_other", "rk_test_x", "nonsense", ""])
    func `an unknown key gets 401 and is not shown`(key: String) async throws {
        let answer = try await Harness().send("GET", "/v1/customers", apiKey: key)
        #expect(answer.status == 401)
        #expect(answer.error?["type"] == "invalid_request_error")
        if key.count > 8 { #expect(!answer.text.contains(key)) }
    }

    @Test func `no key gets 401`() async throws {
        let answer = try await Harness().send("GET", "/v1/customers", apiKey: nil)
        #expect(answer.status == 401)
        #expect(answer.headers["WWW-Authenticate"] != nil)
    }

    @Test func `the key may be the name of HTTP Basic`() async throws {
        let headers: HTTPHeaders = ["Authorization": "Basic c2tfdGVzdF9rZXNzYWk6"]
        let answer = try await Harness().send("GET", "/v1/customers", raw: "", apiKey: nil, headers: headers)
        #expect(answer.status == 200)
    }

    @Test func `a publishable key reads and confirms only what it knows the secret of`() async throws {
        let harness = Harness()
        let intent = try await harness.post(
            "/v1/payment_intents", ["amount": "980", "currency": "jpy", "metadata[secret]": "x"])
        let secret = intent["client_secret"]?.string ?? ""
        let path = "/v1/payment_intents/\(intent.id)"
        let key = "pk_test_kessai"
        let mine = try await harness.send("GET", path, ["client_secret": secret], apiKey: key)
        #expect(mine.status == 200)
        #expect(mine.json["metadata"] == nil)
        #expect(try await harness.send("GET", path, apiKey: key).code == "parameter_missing")
        #expect(try await harness.send("GET", path, ["client_secret": "pi_wrong"], apiKey: key).status == 400)
        #expect(try await harness.send("GET", "/v1/payment_intents", apiKey: key).code == "secret_key_required")
        #expect(try await harness.send("POST", "/v1/customers", apiKey: key).status == 403)
        let method = try await harness.send(
            "POST", "/v1/payment_methods", ["type": "card", "card[token]": "tok_visa"], apiKey: key)
        let paid = try await harness.send(
            "POST", path + "/confirm", ["client_secret": secret, "payment_method": method.json.id], apiKey: key)
        #expect(paid.json.status == "succeeded")
    }

    @Test func `an unknown version is refused, an old one gives the old shape`() async throws {
        let harness = Harness()
        let unknown = try await harness.send("GET", "/v1/customers", version: "2030-01-01")
        #expect(unknown.status == 400)
        let form: KeyValuePairs = ["amount": "980", "currency": "jpy"]
        let old = try await harness.post("/v1/payment_intents", form, version: "2024-06-20")
        #expect(old["invoice"]?.isNull == true)
        #expect(old["customer_account"] == nil)
        let new = try await harness.post("/v1/payment_intents", form)
        #expect(new["invoice"] == nil)
        #expect(new["customer_account"]?.isNull == true)
        let middle = try await harness.post("/v1/payment_intents", form, version: "2025-03-31.basil")
        #expect(middle["invoice"] == nil)
        #expect(middle["customer_account"] == nil)
    }

    @Test func `every answer says which request it was and which version it speaks`() async throws {
        let harness = Harness()
        let answer = try await harness.send("POST", "/v1/customers", key: "k", version: "2024-06-20")
        #expect(answer.headers["Stripe-Version"] == "2024-06-20")
        #expect(answer.headers["Idempotency-Key"] == "k")
        #expect(answer.headers["Original-Request"] == answer.headers["Request-Id"])
        #expect(answer.headers["Idempotent-Replayed"] == nil)
        #expect(answer.json["livemode"] == false)
    }

    @Test func `an unknown path and a foreign account are refused`() async throws {
        let harness = Harness()
        #expect(try await harness.send("GET", "/v1/unicorns").status == 404)
        #expect(try await harness.send("PUT", "/v1/customers").status == 404)
        let foreign = try await harness.send(
            "GET", "/v1/customers", raw: "", headers: ["Stripe-Account": "acct_1"])
        #expect(foreign.status == 403)
    }

    @Test(arguments: [
        ("/v1/customers/cus_x", "resource_missing"), ("/v1/payment_methods/pm_x", "resource_missing"),
        ("/v1/payment_intents/pi_x", "resource_missing"), ("/v1/charges/ch_x", "resource_missing"),
        ("/v1/refunds/re_x", "resource_missing"), ("/v1/disputes/du_x", "resource_missing"),
        ("/v1/events/evt_x", "resource_missing"), ("/v1/webhook_endpoints/we_x", "resource_missing"),
        ("/v1/balance_transactions/txn_x", "resource_missing"),
        ("/v1/customers/cus_x/payment_methods", "resource_missing"),
    ])
    func `an unknown id in the path is 404`(path: String, code: String) async throws {
        let answer = try await Harness().send("GET", path)
        #expect(answer.status == 404)
        #expect(answer.code == code)
        #expect(answer.param != nil)
    }

    @Test func `browsers may ask first`() async throws {
        let harness = Harness()
        let request = HTTPClientRequest(method: "OPTIONS", url: Harness.api + "/v1/payment_methods")
        let answer = try await harness.transport.send(request)
        #expect(answer.status == 204)
        #expect(answer.headers["Access-Control-Allow-Origin"] == "*")
    }
}
