import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

@testable import StripeClient

/// When a call is sent again, and what that leaves in doubt.
@Suite struct StripeRetryTests {
    @Test(
        arguments: [
            (400, nil, false), (401, nil, false), (402, nil, false), (403, nil, false), (404, nil, false),
            (409, nil, true), (424, nil, false), (429, nil, false), (500, nil, true), (502, nil, true),
            (503, nil, true),
            (504, nil, true), (302, nil, false),
            (400, "true", true), (402, "true", true), (424, "true", true), (429, "true", true), (500, "true", true),
            (409, "false", false), (429, "false", false), (500, "false", false), (503, "false", false),
            (500, "perhaps", true), (429, "perhaps", false),
        ] as [(Int, String?, Bool)])
    func `Stripe's header decides, else the status`(status: Int, header: String?, again: Bool) async throws {
        let steps: [StubTransport.Step] =
            [.error(status, "api_error").with("Stripe-Should-Retry", header)] + (again ? [.ok(Sample.intent)] : [])
        let bench = Bench(steps)
        let result = await outcome {
            try await bench.client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
        }
        #expect(bench.requests.count == (again ? 2 : 1))
        #expect(bench.transport.stepsLeft == 0)
        if case .success = result { #expect(again) } else { #expect(!again) }
    }

    @Test(arguments: [
        (HTTPTransportError.notSent(reason: "refused"), true), (.timeout, true), (.lost(reason: "reset"), true),
        (.answerTooLarge, false), (.cancelled, false),
    ]) func `lost connections are tried again`(error: HTTPTransportError, again: Bool) async throws {
        let bench = Bench([.fail(error)] + (again ? [.ok(Sample.intent)] : []))
        _ = await outcome {
            try await bench.client.retrievePaymentIntent(Sample.intentID)
        }
        #expect(bench.requests.count == (again ? 2 : 1))
    }

    @Test func `law 2, every attempt is the same request under the same key`() async throws {
        let bench = Bench([.fail(.timeout), .error(500, "api_error"), .ok(Sample.intent)])
        let answer = try await bench.client.createPaymentIntent(
            CreatePaymentIntent(amount: Money(980, .jpy)), key: Sample.key)
        #expect(answer.value.id == Sample.intentID)
        #expect(bench.requests.count == 3)
        #expect(Set(bench.requests.map { $0.headers["Idempotency-Key"] }) == [Sample.key.rawValue])
        #expect(Set(bench.requests.map(\.body)).count == 1)
        #expect(Set(bench.requests.map(\.url)).count == 1)
    }

    @Test(arguments: 0...3) func `retries are bounded`(retriesMax: Int) async throws {
        let bench = Bench(Array(repeating: .fail(.timeout), count: retriesMax + 1), retriesMax: retriesMax)
        let error = try await failure {
            try await bench.client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
        }
        #expect(error == .outcomeUnknown(.timeout, requestID: nil))
        #expect(bench.requests.count == retriesMax + 1)
        #expect(bench.clock.slept.count == retriesMax)
    }

    @Test(arguments: [
        (0, 250...500), (1, 500...1000), (2, 1000...2000), (3, 2000...4000), (4, 2500...5000), (60, 2500...5000),
    ])
    func `a wait doubles up to five seconds, and chance takes up to half of it`(
        retry: Int, boundsMs: ClosedRange<Int>
    ) {
        let random = SeededRandom(11)
        let waits = (0..<2000).map { _ in StripeAttempt.backoff(retry: retry, random: random).milliseconds }
        #expect(waits.allSatisfy { boundsMs.contains(Int($0)) })
        let spread = Int64(boundsMs.upperBound - boundsMs.lowerBound)
        #expect((waits.min() ?? 0) < Int64(boundsMs.lowerBound) + spread / 20)
        #expect((waits.max() ?? 0) > Int64(boundsMs.upperBound) - spread / 20)
    }

    @Test func `a call waits longer each time`() async throws {
        let bench = Bench(Array(repeating: .error(503, "api_error"), count: 3))
        _ = try await failure {
            try await bench.client.retrieveCharge(StripeChargeID("ch_1"))
        }
        let slept = bench.clock.slept.map(\.milliseconds)
        #expect(slept.count == 2)
        #expect((250...500).contains(slept[0]))
        #expect((500...1000).contains(slept[1]))
    }

    @Test func `a call ends when its time is over, whatever retries are left`() async throws {
        let bench = Bench(
            Array(repeating: .fail(.timeout), count: 3), retriesMax: 9, overallTimeout: .seconds(70),
            attemptTakes: .seconds(30))
        let error = try await failure {
            try await bench.client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
        }
        #expect(error == .outcomeUnknown(.timeout, requestID: nil))
        let timeouts = bench.requests.map(\.timeout.milliseconds)
        #expect(timeouts.count == 3)
        #expect(timeouts[0] == 30_000)
        #expect(timeouts[1] == 30_000)
        #expect((8_500...9_250).contains(timeouts[2]))
    }

    @Test(arguments: [StubTransport.Step.fail(.timeout), .error(502, "api_error"), .fail(.notSent(reason: "refused"))])
    func `law 3, a machine that stood still while it waited does not repeat under a key that Stripe has forgotten`(
        first: StubTransport.Step
    ) async throws {
        let bench = Bench([first, .ok(Sample.refund)])
        bench.clock.oversleeps(by: .seconds(25 * 3600))
        let error = try await failure {
            try await bench.client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
        }
        #expect(bench.requests.count == 1)
        if case .fail(.notSent) = first {
            #expect(error == .unavailable(.notSent))
        } else {
            guard case .outcomeUnknown = error else { throw TestFailure("\(error)") }
        }
    }

    @Test func `an attempt never has no time at all, which a transport may take for time without end`() async throws {
        let bench = Bench([.ok(Sample.intent)], overallTimeout: .zero)
        _ = try await bench.client.retrievePaymentIntent(Sample.intentID)
        #expect(bench.requests.map(\.timeout) == [.seconds(1)])
    }

    @Test func `a stored 500 is not asked for again, since the key will never say more`() async throws {
        let bench = Bench([
            .error(500, "api_error"), .error(500, "api_error").with("Idempotent-Replayed", "true"),
        ])
        let error = try await failure {
            try await bench.client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
        }
        #expect(error == .outcomeUnknown(.replayedServerError(status: 500), requestID: "req_error"))
        #expect(!error.isDefiniteRefusal)
    }

    @Test(arguments: [
        StubTransport.Step.fail(.timeout), .fail(.lost(reason: "reset")), .error(500, "api_error"),
        .error(409, code: "idempotency_key_in_use"),
    ])
    func `law 3, what is refused before the key is looked up does not settle an earlier attempt`(
        first: StubTransport.Step
    ) async throws {
        for last in [StubTransport.Step.error(401), .error(403), .error(429), .fail(.notSent(reason: "refused"))] {
            let bench = Bench([first, last], retriesMax: 1)
            let error = try await failure {
                try await bench.client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
            }
            guard case .outcomeUnknown = error else { throw TestFailure("\(error)") }
            #expect(!error.isDefiniteRefusal)
        }
    }

    @Test func `what is refused after the key was looked up settles an earlier attempt`() async throws {
        let last: [StubTransport.Step] = [
            .error(402, "card_error", code: "card_declined"), .error(400, code: "parameter_missing"),
            .error(404, code: "resource_missing"),
        ]
        for step in last {
            let bench = Bench([.fail(.timeout), step])
            let error = try await failure {
                try await bench.client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
            }
            #expect(error.isDefiniteRefusal)
        }
    }

    @Test func `connections that never began leave nothing unknown, and an earlier doubt stays`() async throws {
        let never = Bench(Array(repeating: .fail(.notSent(reason: "refused")), count: 3))
        let first = try await failure {
            try await never.client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
        }
        #expect(first == .unavailable(.notSent))
        let once = Bench([.fail(.timeout), .fail(.notSent(reason: "")), .fail(.notSent(reason: ""))])
        let second = try await failure {
            try await once.client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
        }
        #expect(second == .outcomeUnknown(.timeout, requestID: nil))
    }

    @Test func `a read is never unknown`() async throws {
        let bench = Bench([.fail(.timeout), .error(429)], retriesMax: 1)
        let error = try await failure {
            try await bench.client.retrievePaymentIntent(Sample.intentID)
        }
        #expect(error == .rateLimited)
    }

    @Test(arguments: [
        (StubTransport.Step.fail(.timeout), StripeError.outcomeUnknown(.timeout, requestID: nil)),
        (.fail(.notSent(reason: "refused")), .unavailable(.cancelled)),
    ]) func `a task that is cancelled while it waits stops at once and says what is unknown`(
        first: StubTransport.Step, expected: StripeError
    ) async throws {
        let transport = StubTransport([first])
        let clock = ManualClock()
        let client = StripeClient(
            configuration: StripeConfiguration(secretKey: Secret(Bench.secretKey)), transport: transport,
            clock: clock, random: SeededRandom(3), log: .silent)
        let task = Task {
            await outcome {
                try await client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
            }
        }
        while clock.sleeperCount == 0 { await Task.yield() }
        task.cancel()
        let result = await task.value
        guard case .failure(let error) = result else { throw TestFailure("the call was answered") }
        #expect(error == expected)
        #expect(transport.requests.count == 1)
    }

    @Test func `a hand-moved clock lets the second attempt go`() async throws {
        let transport = StubTransport([.fail(.timeout), .ok(Sample.intent)])
        let clock = ManualClock()
        let client = StripeClient(
            configuration: StripeConfiguration(secretKey: Secret(Bench.secretKey)), transport: transport,
            clock: clock, random: SeededRandom(3), log: .silent)
        async let answer = client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
        while clock.sleeperCount == 0 { await Task.yield() }
        #expect(transport.requests.count == 1)
        clock.advance(by: .milliseconds(500))
        #expect(try await answer.value.id == Sample.intentID)
        #expect(transport.requests.count == 2)
    }
}
