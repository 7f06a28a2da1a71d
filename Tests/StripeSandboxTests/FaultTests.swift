import HTTP
import JSON
import Kernel
import KernelTesting
import StripeSandbox
import Testing

/// Misfortunes on demand.
@Suite struct FaultTests {
    private let form: KeyValuePairs = ["name": "A"]

    private func customers(_ harness: Harness) async throws -> Int {
        try await harness.get("/v1/customers")["data"]?.array?.count ?? -1
    }

    @Test func `an answer that is dropped leaves its effect, and the same key finds it`() async throws {
        let harness = Harness()
        let fault: JSONValue = ["kind": "drop_answer", "match": ["method": "POST", "path": "/v1/customers"]]
        #expect(try await harness.control("POST", "/faults", fault).status == 201)
        await #expect(throws: HTTPTransportError.lost(reason: "connection reset")) {
            try await harness.send("POST", "/v1/customers", form, key: "k")
        }
        #expect(try await customers(harness) == 1)
        let again = try await harness.send("POST", "/v1/customers", form, key: "k")
        #expect(again.headers["Idempotent-Replayed"] == "true")
        #expect(try await customers(harness) == 1)
    }

    @Test func `a request that is dropped before looks the same and had no effect`() async throws {
        let harness = Harness()
        harness.sandbox.add(StripeSandboxFault(.dropBefore))
        await #expect(throws: HTTPTransportError.lost(reason: "connection reset")) {
            try await harness.send("POST", "/v1/customers", form, key: "k")
        }
        #expect(try await customers(harness) == 0)
        let again = try await harness.send("POST", "/v1/customers", form, key: "k")
        #expect(again.headers["Idempotent-Replayed"] == nil)
    }

    @Test func `an answer later than the client waits is a time-out with the effect done`() async throws {
        let harness = Harness()
        harness.sandbox.add(StripeSandboxFault(.delay, delay: .seconds(100)))
        let late = Task { try await harness.send("POST", "/v1/customers", form, key: "k", timeout: .seconds(80)) }
        while harness.clock.sleeperCount == 0 { await Task.yield() }
        #expect(try await customers(harness) == 1)
        harness.clock.advance(by: .seconds(80))
        await #expect(throws: HTTPTransportError.timeout) { try await late.value }
        let busy = try await harness.send("POST", "/v1/customers", form, key: "k")
        #expect(busy.status == 409)
        harness.clock.advance(by: .seconds(20))
        #expect(try await harness.send("POST", "/v1/customers", form, key: "k").status == 200)
        #expect(try await customers(harness) == 1)
    }

    @Test(arguments: [(false, nil, 0, false), (true, nil, 1, true), (false, true, 0, true), (true, false, 1, false)])
    func `a server error has an effect or not, and is kept or not`(
        hasEffect: Bool, isKept: Bool?, count: Int, replays: Bool
    ) async throws {
        let harness = Harness()
        harness.sandbox.add(StripeSandboxFault(.serverError, hasEffect: hasEffect, isKept: isKept))
        let failed = try await harness.send("POST", "/v1/customers", form, key: "k")
        #expect(failed.status == 500)
        #expect(failed.error?["type"] == "api_error")
        #expect(try await customers(harness) == count)
        let again = try await harness.send("POST", "/v1/customers", form, key: "k")
        #expect(again.status == (replays ? 500 : 200))
        #expect(again.headers["Idempotent-Replayed"] == (replays ? "true" : nil))
    }

    @Test func `an outage lasts until it is cleared`() async throws {
        let harness = Harness()
        _ = try await harness.control("POST", "/faults", ["kind": "outage"])
        for _ in 0..<3 { #expect(try await harness.send("GET", "/v1/customers").status == 503) }
        #expect(try await harness.control("GET", "/faults").json["data"]?[0]?["times"]?.isNull == true)
        #expect(try await harness.control("DELETE", "/faults").status == 200)
        #expect(try await harness.send("GET", "/v1/customers").status == 200)
        _ = try await harness.control("POST", "/faults", ["kind": "outage", "answer": "connection", "times": 1])
        await #expect(throws: HTTPTransportError.notSent(reason: "connection refused")) {
            try await harness.send("GET", "/v1/customers")
        }
        #expect(try await harness.send("GET", "/v1/customers").status == 200)
    }

    @Test func `rate limits come as often as asked`() async throws {
        let harness = Harness()
        _ = try await harness.control("POST", "/faults", ["kind": "rate_limit", "times": 2])
        for _ in 0..<2 {
            let answer = try await harness.send("POST", "/v1/customers", form, key: "k")
            #expect(answer.status == 429)
            #expect(answer.headers["Stripe-Rate-Limited-Reason"] == "global-rate")
            #expect(answer.headers["Stripe-Should-Retry"] == nil)
        }
        #expect(try await harness.send("POST", "/v1/customers", form, key: "k").status == 200)
    }

    @Test func `an object that is in use asks to try again`() async throws {
        let harness = Harness()
        harness.sandbox.add(StripeSandboxFault(.lockTimeout))
        let locked = try await harness.send("POST", "/v1/customers", form, key: "k")
        #expect(locked.code == "lock_timeout")
        #expect(locked.headers["Stripe-Should-Retry"] == "true")
        #expect(try await harness.send("POST", "/v1/customers", form, key: "k").status == 200)
    }

    @Test func `a key that is said to be in use keeps nothing, and a read has no key`() async throws {
        let harness = Harness()
        _ = try await harness.control("POST", "/faults", ["kind": "key_in_use", "times": 2])
        let busy = try await harness.send("POST", "/v1/customers", form, key: "k")
        #expect(busy.status == 409)
        #expect(busy.code == "idempotency_key_in_use")
        #expect(busy.headers["Stripe-Should-Retry"] == "true")
        #expect(try await harness.send("GET", "/v1/customers").status == 200)
        #expect(try await harness.send("POST", "/v1/customers", form, key: "k").status == 200)
        #expect(try await customers(harness) == 1)
    }

    @Test func `what is said not to be there stays so under the key, and nothing happens`() async throws {
        let harness = Harness()
        let id = try await harness.post("/v1/payment_intents", ["amount": "980", "currency": "jpy"]).id
        harness.sandbox.add(StripeSandboxFault(.notFound))
        for _ in 0..<2 {
            let missing = try await harness.send("POST", "/v1/payment_intents/\(id)/cancel", key: "c-1")
            #expect(missing.status == 404)
            #expect(missing.code == "resource_missing")
        }
        #expect(try await harness.get("/v1/payment_intents/\(id)").status == "requires_payment_method")
        #expect(try await harness.send("POST", "/v1/payment_intents/\(id)/cancel", key: "c-2").status == 200)
    }

    @Test(arguments: [424, 500, 502, 503, 504] as [Int64]) func `a server's failure has the status that is asked for`(
        status: Int64
    ) async throws {
        let harness = Harness()
        _ = try await harness.control(
            "POST", "/faults", ["kind": "server_error", "status": .int(status), "effect": true])
        #expect(try await harness.control("GET", "/faults").json["data"]?[0]?["status"]?.int == status)
        #expect(try await harness.send("POST", "/v1/customers", form, key: "k").status == Int(status))
        #expect(try await customers(harness) == 1)
    }

    @Test func `a fault waits for its own request`() async throws {
        let harness = Harness()
        let id = try await harness.post("/v1/payment_intents", ["amount": "980", "currency": "jpy"]).id
        let match: JSONValue = ["method": "POST", "path": "/v1/payment_intents/{intent}/cancel", "key": "c-1"]
        _ = try await harness.control("POST", "/faults", ["kind": "server_error", "match": match, "effect": true])
        #expect(try await harness.send("GET", "/v1/payment_intents/\(id)").status == 200)
        #expect(
            try await harness.send("POST", "/v1/payment_intents/\(id)", ["amount": "990"], key: "u-1").status == 200)
        #expect(try await harness.send("POST", "/v1/payment_intents/\(id)/cancel", key: "c-1").status == 500)
        #expect(try await harness.get("/v1/payment_intents/\(id)").status == "canceled")
        _ = try await harness.control(
            "POST", "/faults", ["kind": "rate_limit", "match": ["path": "/v1/refunds"]])
        #expect(try await harness.send("GET", "/v1/charges").status == 200)
        #expect(try await harness.send("GET", "/v1/refunds").status == 429)
    }

    @Test(
        arguments: [
            ["kind": "explode"], ["match": [:]], ["kind": "delay", "delay_ms": "1"], ["kind": "delay", "when": 1],
            ["kind": "outage", "times": 0], ["kind": "server_error", "status": 501], [1],
        ] as [JSONValue])
    func `a fault that makes no sense is refused`(fault: JSONValue) async throws {
        #expect(try await Harness().control("POST", "/faults", fault).status == 400)
    }

    @Test func `faults have a limit`() async throws {
        let harness = Harness()
        for _ in 0..<100 { #expect(harness.sandbox.add(StripeSandboxFault(.delay))) }
        #expect(!harness.sandbox.add(StripeSandboxFault(.delay)))
        #expect(try await harness.control("POST", "/faults", ["kind": "delay"]).status == 409)
        harness.sandbox.clearFaults()
        #expect(harness.sandbox.add(StripeSandboxFault(.delay)))
    }

    @Test func `events are held and let go in order`() async throws {
        let harness = Harness()
        _ = try await harness.control("POST", "/faults", ["kind": "hold_events", "times": 2])
        let id = try await harness.post("/v1/customers").id
        for name in ["A", "B"] { _ = try await harness.post("/v1/customers/\(id)", ["name": .init(name)]) }
        await harness.advance(.seconds(3600))
        #expect(harness.hook.types == ["customer.updated"])
        #expect(try await harness.control("POST", "/events/release").json["released"] == 2)
        await harness.advance(.zero)
        #expect(harness.hook.types == ["customer.updated", "customer.created", "customer.updated"])
        #expect(harness.sandbox.releaseEvents() == 0)
    }

    @Test func `events come twice, late, never, or in another order`() async throws {
        let harness = Harness()
        _ = try await harness.control(
            "POST", "/faults", ["kind": "repeat_events", "match": ["type": "charge.succeeded"]])
        _ = try await harness.control(
            "POST", "/faults", ["kind": "lose_events", "match": ["type": "payment_intent.created"]])
        _ = try await PaymentIntentTests.pay(harness, with: "pm_card_visa", [("capture_method", "automatic")])
        await harness.advance(.zero)
        #expect(harness.hook.types == ["charge.succeeded", "charge.succeeded", "payment_intent.succeeded"])
        #expect(harness.hook.received[0].event.id == harness.hook.received[1].event.id)
        let lost = try await harness.get("/v1/events", ["delivery_success": "false"])
        #expect(lost["data"]?[0]?["type"] == "payment_intent.created")

        harness.hook.forget()
        _ = try await harness.control("POST", "/faults", ["kind": "reorder_events", "times": 3])
        _ = try await PaymentIntentTests.pay(harness, with: "pm_card_visa", [("capture_method", "automatic")])
        await harness.advance(.zero)
        #expect(harness.hook.types == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"])

        harness.hook.forget()
        _ = try await harness.control(
            "POST", "/faults", ["kind": "delay_events", "match": ["type": "charge.*"], "delay_ms": 60000])
        _ = try await PaymentIntentTests.pay(harness, with: "pm_card_visa", [("capture_method", "automatic")])
        await harness.advance(.zero)
        #expect(harness.hook.types == ["payment_intent.created", "payment_intent.succeeded"])
        await harness.advance(.seconds(60))
        #expect(harness.hook.types.last == "charge.succeeded")
    }

    @Test func `an origin that nobody serves cannot be reached`() async throws {
        let harness = Harness()
        for url in ["https://other.example/v1", "nonsense", "https://"] {
            await #expect(throws: HTTPTransportError.notSent(reason: "no handler for this origin")) {
                try await harness.transport.send(HTTPClientRequest(method: "GET", url: url))
            }
        }
    }

    @Test func `the transport keeps the limits of the request and of the handler`() async throws {
        let harness = Harness()
        await #expect(throws: HTTPTransportError.answerTooLarge) {
            try await harness.transport.send(
                HTTPClientRequest(method: "GET", url: Harness.api + "/v1/customers", responseBytesMax: 10))
        }
        let large = HTTPClientRequest(
            method: "POST", url: Harness.api + "/v1/customers", body: [UInt8](repeating: 0x61, count: (1 << 20) + 1))
        #expect(try await harness.transport.send(large).status == 413)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await harness.transport.send(HTTPClientRequest(method: "GET", url: Harness.api + "/v1/x"))
        }
        await #expect(throws: HTTPTransportError.cancelled) { try await task.value }
    }

    @Test func `a handler that is late by itself is a time-out too`() async throws {
        struct Slow: HTTPHandler {
            let clock: ManualClock
            func admit(_ head: HTTPRequestHead) -> HTTPAdmission { .accept(bodyBytesMax: 0) }
            func respond(to request: HTTPRequest) async -> HTTPResponse {
                clock.advance(by: .seconds(11))
                return HTTPResponse(status: 200)
            }
        }
        let clock = ManualClock()
        let transport = SandboxTransport(hosts: ["http://slow": Slow(clock: clock)], clock: clock)
        await #expect(throws: HTTPTransportError.timeout) {
            try await transport.send(HTTPClientRequest(method: "GET", url: "http://slow?x", timeout: .seconds(10)))
        }
    }
}
