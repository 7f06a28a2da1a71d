import HTTP
import JSON
import Kernel
import KernelTesting
import StripeClient
import Testing

/// Law 13: nothing that the client writes or throws shows a key, a client secret or a person.
@Suite struct StripeSecrecyTests {
    private static let forbidden = [
        Bench.secretKey, "KeyThatNobody", Bench.clientSecret, "ThatNobodyMaySee", Bench.email, "nobody-may-see", "花子",
        "お茶",
    ]

    private static func hide(_ text: String, _ comment: Comment) {
        for word in forbidden { #expect(!text.contains(word), comment) }
    }

    private static let steps: [StubTransport.Step] = [
        .ok(Sample.intent), .ok(["id": "pi_1", "client_secret": .string(Bench.clientSecret)]),
        .error(400, code: "email_invalid", ["param": "receipt_email", "payment_intent": Sample.intent]),
        .error(402, "card_error", code: "card_declined", ["payment_intent": Sample.intent]),
        .error(401, "invalid_request_error", ["message": .string("Invalid API Key provided: \(Bench.secretKey)")]),
        .error(403), .error(404), .error(409), .error(429), .error(500), .error(400, "idempotency_error"),
        .error(302), .answer(.text(Bench.secretKey, status: 200)), .fail(.timeout),
        .fail(.notSent(reason: "https://api.stripe.com/?key=\(Bench.secretKey)")),
        .fail(.lost(reason: Bench.email)), .fail(.answerTooLarge), .fail(.cancelled),
    ]

    @Test(arguments: steps.indices) func `no log line and no error shows a secret or a person`(index: Int) async {
        for isWrite in [true, false] {
            let bench = Bench([Self.steps[index]], retriesMax: 0)
            let result = await outcome {
                let intent = CreatePaymentIntent(
                    amount: Money(980, .jpy), description: "お茶", receiptEmail: Redacted(Bench.email))
                return isWrite
                    ? try await bench.client.createPaymentIntent(intent, key: Sample.key)
                    : try await bench.client.retrievePaymentIntent(Sample.intentID)
            }
            #expect(bench.recorder.lines.count == 1)
            for line in bench.recorder.lines { Self.hide(line.json, "a log line") }
            if case .failure(let error) = result {
                Self.hide("\(error)", "an error")
                Self.hide(String(reflecting: error), "an error for debugging")
                Self.hide("\(error as any Error)", "an error of any type")
            }
        }
    }

    @Test func `models, requests and the client print no secret and no person`() throws {
        let intent = try StripePaymentIntent(json: Sample.intent)
        let customer = try StripeCustomer(json: [
            "id": "cus_1", "created": 1, "email": .string(Bench.email), "name": "花子",
        ])
        let redirect = try StripePaymentIntent(
            json: .object(
                JSONObject(
                    (Sample.intent.object?.members.map { ($0.name, $0.value) } ?? []) + [
                        (
                            "next_action",
                            [
                                "type": "redirect_to_url",
                                "redirect_to_url": ["url": .string("https://hooks.stripe.com/\(Bench.clientSecret)")],
                            ]
                        )
                    ])))
        #expect(redirect.nextAction?.redirectURL != nil)
        let create = CreateCustomer(email: Redacted(Bench.email), name: Redacted("花子"))
        let values: [Any] = [
            intent, customer, redirect, create, Bench([]).client,
            StripeConfiguration(secretKey: Secret(Bench.secretKey)),
            StripeSignatureVerifier(secrets: [Secret(Bench.secretKey)]),
        ]
        for value in values {
            Self.hide("\(value)", "printed")
            Self.hide(String(reflecting: value), "printed for debugging")
            var dumped = ""
            dump(value, to: &dumped)
            Self.hide(dumped, "dumped")
        }
    }

    @Test func `a line tells which call, how it ended and how long it took, and no parameter`() async throws {
        let bench = Bench([
            .fail(.timeout),
            .error(402, "card_error", code: "card_declined", ["decline_code": "lost_card"]),
        ])
        _ = await outcome {
            try await bench.client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
        }
        let lines = bench.recorder.lines(of: "stripe_call")
        #expect(lines.count == 2)
        #expect(lines[0]["path"] == "/v1/payment_intents/{id}/confirm")
        #expect(lines[0]["method"] == "POST")
        #expect(lines[0]["failure"] == "timeout")
        #expect(lines[0]["attempt"] == 1)
        #expect(lines[0]["duration_ms"] == 120)
        #expect(lines[1]["attempt"] == 2)
        #expect(lines[1]["status"] == 402)
        #expect(lines[1]["stripe_request_id"] == "req_error")
        #expect(lines[1]["code"] == "card_declined")
        #expect(lines[1]["decline_code"] == "lost_card")
        #expect(lines[1].level == .warning)
    }

    @Test(arguments: [
        (200, Log.Level.info), (402, .warning), (400, .warning), (429, .warning), (500, .warning), (401, .error),
        (403, .error),
    ]) func `law 12, a refused card is a warning and a refused key an error`(status: Int, level: Log.Level) async {
        let bench = Bench([status == 200 ? .ok(Sample.intent) : .error(status)], retriesMax: 0)
        _ = await outcome {
            try await bench.client.retrievePaymentIntent(Sample.intentID)
        }
        #expect(bench.recorder.lines.map(\.level) == [level])
    }
}
