import AppTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import KessaiAPI
import KessaiClient
import Testing

/// Which answers are waited out, how long, and how often.
@Suite struct RetryTests {
    private struct Bench {
        let transport: TestTransport
        let clock = RecordingClock()
        let client: KessaiClient

        init(_ misfortunes: [TestTransport.Misfortune], options: KessaiClient.Options = .init()) throws {
            transport = TestTransport(misfortunes)
            client = try KessaiClient(
                baseURL: World.origin, transport: transport, clock: clock, random: SeededRandom(), options: options)
        }
    }

    private static func problem(_ status: Int, _ code: String, retryAfter: String? = nil) -> TestTransport.Misfortune {
        var response = HTTPResponse.json(
            ["status": .int(Int64(status)), "code": .string(code), "detail": "d", "request_id": "r1"], status: status)
        response.headers["Retry-After"] = retryAfter
        return .answer(response)
    }

    private static let nobody = TestTransport.Misfortune.answer(
        .json([
            "device_id": "device-0001", "license_purchased": false, "license_purchased_at": nil, "unlocked": false,
            "unlocked_until": nil, "unlock_count": 0, "last_unlock_date": nil, "time_zone": "Asia/Tokyo",
            "next_price": nil, "license_price": nil, "pending_purchases": [], "unknown_to_this_client": ["a": 1],
        ]))

    @Test(arguments: [(429, "too_many_attempts"), (503, "unavailable"), (409, "idempotency_key_in_use")])
    func `the server's pause is obeyed`(status: Int, code: String) async throws {
        let bench = try Bench([Self.problem(status, code, retryAfter: "7"), Self.nobody])
        let device = try await bench.client.device("device-0001")
        #expect(!device.unlocked)
        #expect(bench.clock.slept == [.seconds(7)])
    }

    @Test func `a pause that is too long is thrown, with its length`() async throws {
        let bench = try Bench([Self.problem(429, "too_many_attempts", retryAfter: "11")])
        let error = try await thrownError { try await bench.client.device("device-0001") }
        #expect(error.retryAfter == .seconds(11))
        #expect(error.code == "too_many_attempts")
        #expect(error.requestID == "r1")
        #expect(error.mayRepeat)
        #expect(bench.clock.slept.isEmpty)
    }

    @Test func `without a pause of the server's it doubles, up to the longest`() async throws {
        let bench = try Bench(
            Array(repeating: Self.problem(503, "unavailable", retryAfter: "Sat, 21 Nov 2026 04:00:00 GMT"), count: 6),
            options: .init(attemptsMax: 6, pauseMax: .seconds(2)))
        let error = try await thrownError { try await bench.client.device("device-0001") }
        #expect(error.code == "unavailable")
        let fulls: [Int64] = [500, 1000, 2000, 2000, 2000]
        #expect(bench.clock.slept.count == fulls.count)
        for (slept, full) in zip(bench.clock.slept, fulls) { #expect((full / 2...full).contains(slept.milliseconds)) }
    }

    @Test(arguments: [
        (400, "invalid_input"), (401, "token_not_valid"), (404, "order_not_found"), (409, "order_not_cancelable"),
        (500, "internal_error"), (502, "payment_page_refused"),
    ])
    func `what is certain, or a fault, is not tried again`(status: Int, code: String) async throws {
        let bench = try Bench([Self.problem(status, code)])
        let error = try await thrownError { try await bench.client.device("device-0001") }
        #expect(error.code == code)
        #expect(error.mayRepeat == (status == 500))
        #expect(bench.transport.requests.count == 1)
    }

    @Test func `a conflict of the business is not waited out`() async throws {
        let bench = try Bench([Self.problem(409, "payment_in_progress", retryAfter: "1")])
        let error = try await thrownError { try await bench.client.device("device-0001") }
        #expect(error.retryAfter == .seconds(1))
        #expect(bench.transport.requests.count == 1)
    }

    @Test func `attempts are bounded, and it is known whether the server may have acted`() async throws {
        let refused = try Bench(Array(repeating: .refuse, count: 4))
        let never = try await thrownError { try await refused.client.device("device-0001") }
        #expect(never == .noAnswer(.notSent(reason: "connection refused"), mayHaveActed: false))
        #expect(refused.transport.requests.count == 4)
        let doubtful = try Bench([.loseRequest, .refuse, .refuse, .refuse])
        let perhaps = try await thrownError { try await doubtful.client.device("device-0001") }
        #expect(perhaps == .noAnswer(.notSent(reason: "connection refused"), mayHaveActed: true))
        #expect("\(perhaps)".hasSuffix("the server may have acted"))
    }

    @Test func `a proxy without its server is tried again, and told apart`() async throws {
        let page = TestTransport.Misfortune.answer(.html("<h1>Bad Gateway</h1>", status: 502))
        let bench = try Bench([page, Self.nobody])
        _ = try await bench.client.device("device-0001")
        #expect(bench.clock.slept.count == 1)
        let down = try Bench([page, page, page, page])
        let error = try await thrownError { try await down.client.device("device-0001") }
        #expect(error == .unexpectedAnswer(status: 502, reason: "no problem document", requestID: nil))
        #expect(error.mayRepeat)
    }

    @Test(arguments: [HTTPResponse.json(["a": 1]), .html("<p>hello"), .json([]), HTTPResponse(status: 302)])
    func `an answer that is something else is an error, and never a value`(response: HTTPResponse) async throws {
        let bench = try Bench([.answer(response)])
        let error = try await thrownError { try await bench.client.device("device-0001") }
        guard case .unexpectedAnswer(response.status, _, _) = error else { throw error }
        // It may be a hotel's log-in page: what was paid must not be given up for it.
        #expect(error.mayRepeat)
        #expect(!error.endsPurchase)
    }

    @Test func `a cancelled task sends no more`() async throws {
        let bench = try Bench([.refuse])
        let task = Task { try await thrownError { try await bench.client.device("device-0001") } }
        task.cancel()
        let error = try await task.value
        guard case .noAnswer(.cancelled, _) = error else { throw error }
        #expect(bench.transport.requests.isEmpty)
    }
}
