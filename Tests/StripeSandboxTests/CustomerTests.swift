import JSON
import Kernel
import StripeSandbox
import StripeSchemas
import Testing

@testable import StripeSandbox

/// Customers and payment methods.
@Suite struct CustomerTests {
    @Test(arguments: [StripeSchemas.newest.version, StripeSchemas.old.version])
    func `a customer is made, changed, read, listed and deleted`(version: String) async throws {
        let harness = Harness(version == StripeSchemas.old.version ? .old : .newest)
        let made = try await harness.post(
            "/v1/customers",
            [
                "email": "hana@example.com", "name": "花", "phone": "+81312345678", "description": "first",
                "metadata[user]": "7", "shipping[name]": "花", "shipping[address][city]": "Kyoto", "balance": "-100",
                "tax_exempt": "exempt", "preferred_locales[]": "ja",
            ])
        #expect(made["name"] == "花")
        #expect(made["currency"]?.isNull == true)
        let changed = try await harness.post(
            "/v1/customers/\(made.id)", ["name": "Hana", "invoice_settings[footer]": "thanks", "tax_exempt": ""])
        #expect(changed["name"] == "Hana")
        #expect(changed["tax_exempt"] == "none")
        #expect(try await harness.get("/v1/customers/\(made.id)") == changed)
        #expect(try await harness.get("/v1/customers", ["email": "hana@example.com"])["data"]?.array?.count == 1)
        #expect(try await harness.get("/v1/customers", ["email": "Hana@example.com"])["data"] == [])
        let gone = try await harness.send("DELETE", "/v1/customers/\(made.id)")
        #expect(gone.json == ["id": .string(made.id), "object": "customer", "deleted": true])
        #expect(try await harness.get("/v1/customers/\(made.id)")["deleted"] == true)
        #expect(try await harness.get("/v1/customers")["data"] == [])
        #expect(try await harness.send("POST", "/v1/customers/\(made.id)", ["name": "x"]).status == 404)
        await harness.advance(.zero)
        #expect(harness.hook.types == ["customer.created", "customer.updated", "customer.deleted"])
        let update = harness.hook.received[1].event["data"]?["previous_attributes"]
        #expect(update?["name"] == "花")
        #expect(update?["invoice_settings"] == ["footer": .null])
        #expect(update?["email"] == nil)
    }

    @Test func `an update that changes nothing tells nothing`() async throws {
        let harness = Harness()
        let id = try await harness.post("/v1/customers", ["name": "A"]).id
        _ = try await harness.post("/v1/customers/\(id)", ["name": "A"])
        #expect(try await harness.eventTypes() == ["customer.created"])
    }

    @Test(arguments: ["not-an-address", "a@b@c", "@x", "x@", "a b@c"])
    func `an address that is none is refused`(email: String) async throws {
        let answer = try await Harness().send("POST", "/v1/customers", ["email": email])
        #expect(answer.code == "email_invalid")
    }

    @Test func `a card is attached, made the default, taken off, and then spent`() async throws {
        let harness = Harness()
        let customer = try await harness.post("/v1/customers").id
        let card = try await harness.post("/v1/payment_methods/pm_card_visa/attach", ["customer": customer])
        #expect(card["customer"]?.string == customer)
        let chosen = try await harness.post(
            "/v1/customers/\(customer)", ["invoice_settings[default_payment_method]": card.id])
        #expect(chosen["invoice_settings"]?["default_payment_method"]?.string == card.id)
        let mine = try await harness.get("/v1/customers/\(customer)/payment_methods", ["type": "card"])
        #expect(mine["data"]?[0]?.id == card.id)
        #expect(try await harness.get("/v1/customers/\(customer)/payment_methods/\(card.id)").id == card.id)
        #expect(try await harness.get("/v1/payment_methods", ["customer": customer])["data"]?.array?.count == 1)
        #expect(try await harness.get("/v1/payment_methods", ["type": "paypay"])["data"] == [])
        let other = try await harness.post("/v1/customers").id
        let stolen = try await harness.send("POST", "/v1/payment_methods/\(card.id)/attach", ["customer": other])
        #expect(stolen.status == 400)
        #expect(try await harness.send("GET", "/v1/customers/\(other)/payment_methods/\(card.id)").status == 404)
        let off = try await harness.post("/v1/payment_methods/\(card.id)/detach")
        #expect(off["customer"]?.isNull == true)
        let plain = try await harness.get("/v1/customers/\(customer)")
        #expect(plain["invoice_settings"]?["default_payment_method"]?.isNull == true)
        let back = try await harness.send("POST", "/v1/payment_methods/\(card.id)/attach", ["customer": customer])
        #expect(back.code == "payment_method_unexpected_state")
        #expect(try await harness.send("POST", "/v1/payment_methods/\(card.id)/detach").status == 400)
        #expect(
            try await harness.eventTypes() == [
                "customer.created", "payment_method.attached", "customer.updated", "customer.created",
                "payment_method.detached", "customer.updated",
            ])
    }

    @Test func `a default must be the customer's own`() async throws {
        let harness = Harness()
        let made = try await harness.post(
            "/v1/customers",
            ["payment_method": "pm_card_jcb", "invoice_settings[default_payment_method]": "pm_card_jcb"])
        let card = try await harness.get("/v1/customers/\(made.id)/payment_methods")["data"]?[0]?.id
        #expect(made["invoice_settings"]?["default_payment_method"]?.string == card)
        let foreign = try await harness.send(
            "POST", "/v1/customers", ["invoice_settings[default_payment_method]": card ?? ""])
        #expect(foreign.code == "resource_missing")
        let update = try await harness.send(
            "POST", "/v1/customers/\(made.id)", ["invoice_settings[default_payment_method]": "pm_x"])
        #expect(update.code == "resource_missing")
    }

    @Test(arguments: TestCard.all.filter { $0.attachDecline != nil }.compactMap(\.names.first))
    func `a card that only declines cannot be attached`(name: String) async throws {
        let harness = Harness()
        let customer = try await harness.post("/v1/customers").id
        let answer = try await harness.send(
            "POST", "/v1/payment_methods/pm_card_\(name)/attach", ["customer": customer])
        #expect(answer.status == 402)
        #expect(answer.error?["type"] == "card_error")
        #expect(try await harness.send("POST", "/v1/customers", ["payment_method": "pm_card_\(name)"]).status == 402)
        #expect(try await harness.get("/v1/customers")["data"]?.array?.count == 1)
    }

    @Test func `the card for unpaid renewals can be attached`() async throws {
        let harness = Harness()
        let customer = try await harness.post("/v1/customers").id
        _ = try await harness.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", ["customer": customer])
    }

    struct Typed: Sendable, CustomTestStringConvertible {
        let form: String
        let code: String
        var testDescription: String { form }
    }

    @Test(arguments: [
        Typed(form: "number=4242424242424241&exp_month=12&exp_year=2030", code: "incorrect_number"),
        Typed(form: "number=42424242&exp_month=12&exp_year=2030", code: "incorrect_number"),
        Typed(form: "number=4242424242424242&exp_month=13&exp_year=2030", code: "invalid_expiry_month"),
        Typed(form: "number=4242424242424242&exp_month=12&exp_year=2020", code: "invalid_expiry_year"),
        Typed(form: "number=4242424242424242&exp_month=10&exp_year=2026", code: "invalid_expiry_month"),
        Typed(form: "number=4242424242424242&exp_month=12&exp_year=2030&cvc=12", code: "invalid_cvc"),
        Typed(form: "number=4012888888881881&exp_month=12&exp_year=2030", code: "card_declined"),
    ])
    func `what a payer mistypes is a card error`(typed: Typed) async throws {
        let form = typed.form.split(separator: "&").map { pair in
            let halves = pair.split(separator: "=")
            return "card[\(halves[0])]=\(halves[1])"
        }
        let answer = try await Harness().send(
            "POST", "/v1/payment_methods", raw: "type=card&" + form.joined(separator: "&"))
        #expect(answer.status == 402)
        #expect(answer.error?["type"] == "card_error")
        #expect(answer.code == typed.code)
    }

    @Test(arguments: TestCard.all.map(\.number))
    func `every test number makes a card`(number: String) async throws {
        let answer = try await Harness().send(
            "POST", "/v1/payment_methods",
            [
                "type": "card", "card[number]": number, "card[exp_month]": "12", "card[exp_year]": "30",
                "card[cvc]": "123", "billing_details[address][postal_code]": "100-0001",
            ])
        #expect(answer.status == 200)
        #expect(answer.json["card"]?["last4"]?.string == String(number.suffix(4)))
        #expect(answer.json["card"]?["exp_year"] == 2030)
    }

    @Test func `each use of a test id makes a new card with the same fingerprint`() async throws {
        let harness = Harness()
        let one = try await harness.get("/v1/payment_methods/pm_card_visa")
        let two = try await harness.get("/v1/payment_methods/pm_card_visa")
        #expect(one.id != two.id)
        #expect(one["card"]?["fingerprint"] == two["card"]?["fingerprint"])
    }

    @Test func `a card's details can change once it belongs to somebody`() async throws {
        let harness = Harness()
        let loose = try await harness.post("/v1/payment_methods", ["type": "card", "card[token]": "tok_visa"]).id
        #expect(try await harness.send("POST", "/v1/payment_methods/\(loose)", ["metadata[a]": "1"]).status == 400)
        let customer = try await harness.post("/v1/customers", ["payment_method": loose]).id
        let changed = try await harness.post(
            "/v1/payment_methods/\(loose)",
            [
                "metadata[a]": "1", "billing_details[name]": "花", "card[exp_month]": "1", "card[exp_year]": "2040",
                "billing_details[address][city]": "Nara", "allow_redisplay": "always",
            ])
        #expect(changed["card"]?["exp_year"] == 2040)
        #expect(changed["billing_details"]?["name"] == "花")
        #expect(changed["customer"]?.string == customer)
        #expect(try await harness.eventTypes().last == "payment_method.updated")
    }

    @Test(arguments: [
        ("type=paypay", "type"), ("card[token]=tok_visa", "type"), ("type=card", "card"),
        ("type=card&card[token]=tok_nothing", "card[token]"), ("type=card&card[cvc]=123", "card[number]"),
        ("type=card&card[token]=tok_visa&card[number]=4242424242424242", "card"),
        ("type=card&card[number]=4242424242424242", "card[exp_month]"),
        ("type=card&card[number]=4242424242424242&card[exp_month]=1", "card[exp_year]"),
    ])
    func `half a card is refused by name`(form: String, param: String) async throws {
        let answer = try await Harness().send("POST", "/v1/payment_methods", raw: form)
        #expect(answer.status == 400)
        #expect(answer.param == param)
    }

    @Test func `a deleted customer's cards are gone with them`() async throws {
        let harness = Harness()
        let customer = try await harness.post("/v1/customers", ["payment_method": "pm_card_visa"]).id
        let card = try await harness.get("/v1/customers/\(customer)/payment_methods")["data"]?[0]?.id ?? ""
        try await harness.send("DELETE", "/v1/customers/\(customer)")
        #expect(try await harness.get("/v1/payment_methods/\(card)")["customer"]?.isNull == true)
        #expect(try await harness.send("GET", "/v1/customers/\(customer)/payment_methods").status == 404)
        #expect(try await harness.send("GET", "/v1/payment_methods", ["customer": customer]).status == 400)
    }
}
