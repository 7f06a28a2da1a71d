import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// Endpoints, signatures, retries.
@Suite struct WebhookTests {
    @Test func `an endpoint is made, changed, listed and deleted; its secret is told once`() async throws {
        let harness = Harness(hasWebhook: false)
        let made = try await harness.post(
            "/v1/webhook_endpoints",
            [
                "url": "https://a.example/hook", "enabled_events[0]": "charge.succeeded", "enabled_events[1]": "*",
                "description": "mine", "metadata[a]": "1",
            ])
        #expect(made["secret"]?.string?.hasPrefix("whsec_") == true)
        #expect(made.status == "enabled")
        let path = "/v1/webhook_endpoints/\(made.id)"
        #expect(try await harness.get(path)["secret"] == nil)
        let changed = try await harness.post(
            path,
            ["disabled": "true", "url": "https://b.example", "enabled_events[]": "charge.failed", "description": ""])
        #expect(changed.status == "disabled")
        #expect(changed["url"] == "https://b.example")
        #expect(changed["description"]?.isNull == true)
        #expect(try await harness.get("/v1/webhook_endpoints")["data"]?.array?.count == 1)
        let gone = try await harness.send("DELETE", path)
        #expect(gone.json["deleted"] == true)
        #expect(try await harness.send("DELETE", path).status == 404)
        #expect(try await harness.eventTypes() == [])
    }

    @Test(arguments: [
        ("url=shop&enabled_events[]=*", "url"), ("url=https://a&enabled_events[]=charge.exploded", "enabled_events[0]"),
        ("url=https://a&enabled_events[]=*&api_version=2030-01-01", "api_version"), ("enabled_events[]=*", "url"),
        ("url=https://a", "enabled_events"), ("url=https://a&enabled_events=*", "enabled_events"),
    ])
    func `an endpoint that cannot be is refused`(form: String, param: String) async throws {
        let answer = try await Harness().send("POST", "/v1/webhook_endpoints", raw: form)
        #expect(answer.status == 400)
        #expect(answer.param == param)
    }

    @Test func `there are at most sixteen`() async throws {
        let harness = Harness(hasWebhook: false)
        let form: KeyValuePairs = ["url": "https://a.example", "enabled_events[]": "*"]
        for _ in 0..<16 { _ = try await harness.post("/v1/webhook_endpoints", form) }
        #expect(try await harness.send("POST", "/v1/webhook_endpoints", form).status == 400)
    }

    @Test func `a delivery is signed over the very bytes that are sent`() async throws {
        let harness = Harness()
        _ = try await harness.post("/v1/customers", ["name": "花"])
        await harness.advance(.zero)
        let received = try #require(harness.hook.received.first)
        #expect(Hook.valid(received, secret: Harness.hookSecret))
        #expect(!Hook.valid(received, secret: "whsec_other"))
        #expect(received.signature.hasPrefix("t=\(harness.clock.now().epochSeconds),v1="))
        #expect(received.signature.contains(",v0="))
        let text = String(decoding: received.body, as: UTF8.self)
        #expect(text.contains("{\n  \"id\": \"evt_"))
    }

    @Test func `while a secret is rolled both sign, afterwards the new one`() async throws {
        let harness = Harness()
        let id = try await harness.get("/v1/webhook_endpoints")["data"]?[0]?.id ?? ""
        let rolled = try await harness.control("POST", "/webhook_endpoints/\(id)/roll", ["overlap_seconds": 3600])
        let secret = rolled.json["secret"]?.string ?? ""
        _ = try await harness.post("/v1/customers")
        await harness.advance(.seconds(3599))
        _ = try await harness.post("/v1/customers")
        await harness.advance(.seconds(1))
        let both = harness.hook.received
        #expect(both.count == 2)
        #expect(Hook.valid(both[0], secret: secret) && Hook.valid(both[0], secret: Harness.hookSecret))
        #expect(Hook.valid(both[1], secret: secret) && !Hook.valid(both[1], secret: Harness.hookSecret))
        #expect(try await harness.control("POST", "/webhook_endpoints/we_x/roll").status == 404)
        #expect(try await harness.control("POST", "/webhook_endpoints/\(id)/roll", ["overlap": 1]).status == 400)
    }

    @Test func `what is not acknowledged is tried again, further and further apart, for three days`() async throws {
        let harness = Harness()
        _ = try await harness.post("/v1/customers")
        harness.hook.answerNext(500, 404, 301, 500, 500, 500, 500, 500, 500, 500, 500, 500)
        await harness.advance(.zero)
        #expect(harness.hook.received.count == 1)
        var minutes: [Int] = []
        for minute in 1...(4 * 24 * 60) {
            let before = harness.hook.received.count
            await harness.advance(.seconds(60))
            if harness.hook.received.count > before { minutes.append(minute) }
        }
        let hours = [(0, 5), (0, 35), (2, 35), (7, 35), (17, 35), (29, 35), (41, 35), (53, 35), (65, 35)]
        #expect(minutes == hours.map { $0.0 * 60 + $0.1 })
        #expect(Set(harness.hook.received.map { $0.event.id }).count == 1)
        #expect(Set(harness.hook.received.map(\.signature)).count == harness.hook.received.count)
        let delivery = try await harness.control("GET", "/deliveries").json["data"]?[0]
        #expect(delivery?["status"] == "failed")
        #expect(delivery?["attempts"]?.array?.count == 10)
    }

    @Test func `a retry that is acknowledged ends it`() async throws {
        let harness = Harness { $0.retrySpeed = 60 }
        _ = try await harness.post("/v1/customers")
        harness.hook.answerNext(503)
        await harness.advance(.zero)
        await harness.advance(.seconds(4))
        #expect(harness.hook.received.count == 1)
        await harness.advance(.seconds(1))
        #expect(harness.hook.received.count == 2)
        await harness.advance(.seconds(86_400))
        #expect(harness.hook.received.count == 2)
        let delivery = try await harness.control("GET", "/deliveries").json["data"]?[0]
        #expect(delivery?["status"] == "delivered")
        #expect(delivery?["attempts"]?[0]?["status"] == 503)
        #expect(delivery?["attempts"]?[0]?["answer"] == "status 503")
    }

    @Test func `a receiver that cannot be reached is tried again`() async throws {
        let harness = Harness(hasWebhook: false)
        _ = try await harness.post(
            "/v1/webhook_endpoints", ["url": "https://nowhere.example", "enabled_events[]": "*"])
        _ = try await harness.post("/v1/customers")
        await harness.advance(.zero)
        let delivery = try await harness.control("GET", "/deliveries").json["data"]?[0]
        #expect(delivery?["status"] == "pending")
        #expect(delivery?["attempts"]?[0]?["failure"]?.string?.contains("notSent") == true)
    }

    @Test(arguments: ["disable", "delete"]) func `an endpoint that is gone gets nothing more`(how: String) async throws
    {
        let harness = Harness()
        let id = try await harness.get("/v1/webhook_endpoints")["data"]?[0]?.id ?? ""
        _ = try await harness.post("/v1/customers")
        harness.hook.answerNext(500)
        await harness.advance(.zero)
        if how == "delete" {
            try await harness.send("DELETE", "/v1/webhook_endpoints/\(id)")
        } else {
            _ = try await harness.post("/v1/webhook_endpoints/\(id)", ["disabled": "true"])
        }
        _ = try await harness.post("/v1/customers")
        await harness.advance(.seconds(86_400))
        #expect(harness.hook.received.count == 1)
    }

    @Test func `an endpoint gets what it enabled`() async throws {
        let harness = Harness(hasWebhook: false)
        _ = try await harness.post(
            "/v1/webhook_endpoints", ["url": Harness.hookURL, "enabled_events[]": "customer.updated"])
        let id = try await harness.post("/v1/customers").id
        _ = try await harness.post("/v1/customers/\(id)", ["name": "A"])
        await harness.advance(.zero)
        #expect(harness.hook.types == ["customer.updated"])
    }

    @Test func `an event can be sent again by hand, with the same id`() async throws {
        let harness = Harness()
        _ = try await harness.post("/v1/customers")
        await harness.advance(.zero)
        let id = harness.hook.received[0].event.id
        #expect(try await harness.control("POST", "/events/\(id)/resend").json["deliveries"] == 1)
        await harness.advance(.zero)
        #expect(harness.hook.received.map { $0.event.id } == [id, id])
        #expect(try await harness.control("POST", "/events/evt_x/resend").status == 404)
    }

    @Test func `deliveries say when the next is due`() async throws {
        let harness = Harness()
        #expect(harness.sandbox.nextDue == nil)
        _ = try await harness.post("/v1/customers")
        #expect(harness.sandbox.nextDue == harness.clock.now())
        harness.hook.answerNext(500)
        #expect(await harness.sandbox.deliverDue(via: harness.transport) == 1)
        #expect(harness.sandbox.nextDue == harness.clock.now().adding(.seconds(300)))
    }

    @Test func `a delivery that we stop ourselves is still due`() async throws {
        struct Stopped: HTTPTransport {
            func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
                throw .cancelled
            }
        }
        let harness = Harness()
        _ = try await harness.post("/v1/customers")
        #expect(await harness.sandbox.deliverDue(via: Stopped()) == 0)
        #expect(harness.sandbox.nextDue == harness.clock.now())
        #expect(await harness.sandbox.deliverDue(via: harness.transport) == 1)
    }

    @Test func `served for real it delivers by itself until it is cancelled`() async throws {
        let harness = Harness()
        let running = Task { try await harness.sandbox.run(via: harness.transport) }
        _ = try await harness.post("/v1/customers")
        while harness.hook.received.isEmpty {
            harness.clock.advance(by: .milliseconds(20))
            await Task.yield()
        }
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
    }
}
