import HTTP
import JSON
import Kernel
import StripeSandbox
import Testing

/// The sandbox's own pages and JSON.
@Suite struct PageTests {
    private let attack = "<script>alert('x')</script>\"&"

    @Test func `the overview lists what happened and escapes what was sent`() async throws {
        let harness = Harness()
        _ = try await harness.send("POST", "/v1/customers", ["name": attack], key: attack)
        await harness.advance(.zero)
        let page = try await harness.control("GET", "/")
        #expect(page.status == 200)
        #expect(page.headers["Content-Type"] == "text/html; charset=utf-8")
        #expect(page.headers["Content-Security-Policy"]?.hasPrefix("default-src 'none'") == true)
        #expect(page.text.contains("/v1/customers") && page.text.contains("customer.created"))
        #expect(page.text.contains("delivered"))
        #expect(!page.text.contains("<script"))
        #expect(page.text.contains("&lt;script&gt;"))
    }

    @Test func `a filter narrows the overview and is escaped itself`() async throws {
        let harness = Harness()
        _ = try await harness.post("/v1/customers")
        let page = try await harness.control("GET", "/?q=" + PercentCoding.encode(attack))
        #expect(!page.text.contains("<script"))
        #expect(!page.text.contains("customer.created"))
        #expect(try await harness.control("GET", "/?q=customer.c").text.contains("customer.created"))
    }

    @Test func `a request and an event can be looked at`() async throws {
        let harness = Harness()
        let made = try await harness.send("POST", "/v1/customers", ["name": attack])
        let request = made.headers["Request-Id"] ?? ""
        let page = try await harness.control("GET", "/view/requests/\(request)")
        #expect(page.text.contains("&lt;script&gt;") && !page.text.contains("<script"))
        let event = try await harness.get("/v1/events")["data"]?[0]?.id ?? ""
        let shown = try await harness.control("GET", "/view/events/\(event)")
        #expect(shown.text.contains("customer.created") && !shown.text.contains("<script"))
        for path in ["/view/requests/req_x", "/view/events/evt_x", "/nothing", "/3ds", "/receipts/ch_x"] {
            #expect(try await harness.control("GET", path).status == 404)
        }
        #expect(try await harness.control("POST", "/nothing").status == 404)
    }

    @Test func `a receipt can be read`() async throws {
        let harness = Harness()
        let paid = try await PaymentIntentTests.pay(harness, with: "pm_card_visa").json
        let charge = paid["latest_charge"]?.string ?? ""
        let receipt = try await harness.control("GET", "/receipts/\(charge)")
        #expect(receipt.text.contains("¥980") && receipt.text.contains("領収書"))
    }

    @Test func `no page and no JSON shows a key of the account`() async throws {
        let harness = Harness()
        _ = try await harness.post("/v1/customers")
        await harness.advance(.zero)
        for path in ["/", "/requests", "/events", "/deliveries", "/state", "/faults"] {
            let answer = try await harness.control("GET", path)
            #expect(answer.status == 200)
            #expect(!answer.text.contains("sk_test") && !answer.text.contains(Harness.hookSecret))
        }
    }

    @Test func `a card's digits are not remembered`() async throws {
        let harness = Harness()
        _ = try await harness.send(
            "POST", "/v1/payment_methods",
            raw: "type=card&card%5Bnumber%5D=4242424242424242&card[exp_month]=1&card[exp_year]=2030&card[cvc]=987")
        let requests = try await harness.control("GET", "/requests")
        #expect(requests.text.contains("exp_month") && !requests.text.contains("424242"))
        #expect(!requests.text.contains("987"))
    }

    @Test func `the JSON tells requests, events and the state`() async throws {
        let harness = Harness()
        _ = try await harness.send("POST", "/v1/customers", ["name": "A"], key: "k")
        _ = try await harness.send("POST", "/v1/customers", ["name": "A"], key: "k")
        let requests = try await harness.control("GET", "/requests").json["data"]
        #expect(requests?[0]?["replayed"] == true)
        #expect(requests?[1]?["idempotency_key"] == "k")
        #expect(requests?[1]?["parameters"] == "name=A")
        let events = try await harness.control("GET", "/events?type=customer.*").json["data"]
        #expect(events?.array?.count == 1)
        let state = try await harness.control("GET", "/state").json
        #expect(state["customers"] == 1)
        #expect(state["deliveries_open"] == 1)
    }

    @Test func `histories are bounded`() async throws {
        let harness = Harness { $0.historyMax = 10 }
        for _ in 0..<40 { _ = try await harness.post("/v1/customers") }
        await harness.advance(.zero)
        #expect(try await harness.control("GET", "/requests").json["data"]?.array?.count == 10)
        #expect(try await harness.control("GET", "/deliveries").json["data"]?.array?.count == 10)
        #expect(try await harness.get("/v1/customers", ["limit": "100"])["data"]?.array?.count == 40)
    }

    @Test func `a reset forgets everything but the configured endpoint and the address of the pages`() async throws {
        let harness = Harness()
        harness.sandbox.publish(at: "http://pages.example")
        _ = try await harness.post("/v1/customers")
        #expect(try await harness.control("POST", "/reset").status == 200)
        #expect(try await harness.get("/v1/customers")["data"] == [])
        #expect(try await harness.get("/v1/webhook_endpoints")["data"]?[0]?["url"]?.string == Harness.hookURL)
        await harness.advance(.zero)
        #expect(harness.hook.received.isEmpty)
        let asked = try await PaymentIntentTests.pay(harness, with: "pm_card_threeDSecure2Required").json
        let url = asked["next_action"]?["redirect_to_url"]?["url"]?.string
        #expect(url?.hasPrefix("http://pages.example/_sandbox/3ds/") == true)
        harness.sandbox.reset()
        #expect(try await harness.get("/v1/payment_intents")["data"] == [])
    }

    @Test func `only published versions are versions`() {
        #expect(StripeSandbox.isPublished(apiVersion: "2024-06-20"))
        #expect(!StripeSandbox.isPublished(apiVersion: "2024-06-21"))
    }
}
