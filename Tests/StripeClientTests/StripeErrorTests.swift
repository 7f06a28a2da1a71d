import HTTP
import JSON
import Kernel
import KernelTesting
import StripeClient
import Testing

/// What each kind of answer means, for a write and for a read.
@Suite struct StripeErrorTests {
    private func write(_ steps: StubTransport.Step..., retriesMax: Int = 0) async throws -> StripeError {
        let bench = Bench(steps, retriesMax: retriesMax)
        let error = try await failure {
            try await bench.client.confirmPaymentIntent(Sample.intentID, key: Sample.key)
        }
        #expect(bench.transport.stepsLeft == 0)
        return error
    }

    private func read(_ steps: StubTransport.Step..., retriesMax: Int = 0) async throws -> StripeError {
        let bench = Bench(steps, retriesMax: retriesMax)
        let error = try await failure {
            try await bench.client.retrievePaymentIntent(Sample.intentID)
        }
        #expect(bench.transport.stepsLeft == 0)
        return error
    }

    @Test func `402 is a refusal with its codes, its intent and its charge`() async throws {
        let error = try await write(
            .error(
                402, "card_error", code: "card_declined",
                [
                    "decline_code": "insufficient_funds", "advice_code": "try_again_later", "charge": "ch_1",
                    "payment_intent": Sample.intent,
                ]))
        #expect(
            error
                == .card(
                    StripeCardError(
                        code: "card_declined", declineCode: "insufficient_funds", adviceCode: "try_again_later",
                        message: "No such thing: \(Bench.email)", paymentIntentID: Sample.intentID,
                        chargeID: StripeChargeID("ch_1"), requestID: "req_error")))
        #expect(error.isDefiniteRefusal)
        #expect(error.description == "stripe: card (card_declined, insufficient_funds, req_error)")
    }

    @Test func `a bank that wants the customer is told apart`() async throws {
        let error = try await write(.error(402, "card_error", code: "authentication_required"))
        guard case .card(let card) = error else { throw TestFailure("\(error)") }
        #expect(card.isAuthenticationRequired)
    }

    @Test(arguments: [400, 404]) func `400 and 404 are the request's fault`(status: Int) async throws {
        let error = try await write(.error(status, code: "resource_missing", ["param": "customer"]))
        #expect(
            error
                == .invalidRequest(
                    StripeInvalidRequest(
                        status: status, code: "resource_missing", param: "customer",
                        message: "No such thing: \(Bench.email)", requestID: "req_error")))
        #expect(error.isResourceMissing)
        #expect(error.isDefiniteRefusal)
        #expect(error.description == "stripe: invalid_request (\(status), resource_missing, customer, req_error)")
    }

    @Test func `a wrong state brings the intent as it stands, and is not counted as a failed attempt`() async throws {
        let error = try await write(
            .error(400, code: "payment_intent_unexpected_state", ["payment_intent": Sample.intent]))
        guard case .invalidRequest(let problem) = error else { throw TestFailure("\(error)") }
        #expect(problem.paymentIntent?.id == Sample.intentID)
        #expect(!error.isDefiniteRefusal)
    }

    @Test(arguments: ["charge_already_refunded", "resource_already_exists"])
    func `what may be done already is not counted as a failed attempt`(code: String) async throws {
        #expect(try await !write(.error(400, code: code)).isDefiniteRefusal)
    }

    @Test func `a key with other parameters is a conflict, after which nothing may be charged anew`() async throws {
        let error = try await write(.error(400, "idempotency_error"))
        #expect(error == .idempotencyConflict)
        #expect(!error.isDefiniteRefusal)
    }

    @Test(arguments: [
        (401, StripeError.authentication), (403, .permission), (429, .rateLimited),
    ]) func `401, 403 and 429 say that nothing happened`(status: Int, expected: StripeError) async throws {
        let written = try await write(.error(status))
        #expect(written == expected)
        #expect(written.isDefiniteRefusal)
        let readError = try await read(.error(status))
        #expect(readError == expected)
    }

    @Test(arguments: [
        (409, StripeDoubt.conflict), (424, .serverError(status: 424)), (500, .serverError(status: 500)),
        (502, .serverError(status: 502)), (503, .serverError(status: 503)), (504, .serverError(status: 504)),
    ]) func `409 and failures of Stripe's leave a write unknown and a read unanswered`(
        status: Int, doubt: StripeDoubt
    ) async throws {
        let written = try await write(.error(status, "api_error"))
        #expect(written == .outcomeUnknown(doubt, requestID: "req_error"))
        #expect(!written.isDefiniteRefusal)
        let readError = try await read(.error(status, "api_error"))
        #expect(readError == .unavailable(doubt))
        #expect(!readError.isDefiniteRefusal)
    }

    @Test func `a 5xx counts also when it is not Stripe's own page`() async throws {
        let page = StubTransport.Step.answer(.html("<h1>502 Bad Gateway</h1>", status: 502))
        #expect(try await write(page) == .outcomeUnknown(.serverError(status: 502), requestID: nil))
    }

    @Test(arguments: [
        (HTTPTransportError.timeout, StripeDoubt.timeout), (.lost(reason: "reset"), .connectionLost),
        (.cancelled, .cancelled),
    ]) func `law 3, a lost answer leaves a write unknown and a read unanswered`(
        transportError: HTTPTransportError, doubt: StripeDoubt
    ) async throws {
        #expect(try await write(.fail(transportError)) == .outcomeUnknown(doubt, requestID: nil))
        #expect(try await read(.fail(transportError)) == .unavailable(doubt))
    }

    @Test func `what never left is not unknown, and no failed attempt either`() async throws {
        let error = try await write(.fail(.notSent(reason: "refused")))
        #expect(error == .unavailable(.notSent))
        #expect(!error.isDefiniteRefusal)
        #expect(try await read(.fail(.notSent(reason: "refused"))) == .unavailable(.notSent))
    }

    @Test func `an answer that is too large is unexpected`() async throws {
        let error = try await write(.fail(.answerTooLarge))
        #expect(error == .unexpectedAnswer("answer too large"))
        #expect(!error.isDefiniteRefusal)
    }

    @Test(arguments: [301, 302, 304, 405, 418]) func `statuses that Stripe does not use are unexpected`(
        status: Int
    ) async throws {
        let error = try await write(.error(status))
        #expect(error == .unexpectedAnswer("status \(status)"))
        #expect(!error.isDefiniteRefusal)
    }

    @Test(arguments: [400, 401, 402, 403, 404, 429])
    func `a refusal that is not Stripe's own, from a proxy perhaps, decides nothing`(status: Int) async throws {
        let bodies: [[UInt8]] = [
            Array("<html>".utf8), Array("{}".utf8), Array(#"{"error":"no"}"#.utf8), [], [0xFF],
        ]
        for body in bodies {
            let error = try await write(.answer(HTTPResponse(status: status, body: body)))
            #expect(error == .unexpectedAnswer("status \(status)"))
            #expect(!error.isDefiniteRefusal)
        }
    }

    @Test(arguments: [
        ("{", "not JSON"), ("[]", "payment_intent has another type"), ("{}", "payment_intent.id is missing"),
        (#"{"id":"pi_1","object":"charge"}"#, "payment_intent.object has another type"),
        (
            #"{"id":"pi_1","status":"succeeded","amount":9.8,"currency":"usd"}"#,
            "payment_intent.amount has another type"
        ),
    ]) func `a 2xx that cannot be read is unexpected, since Stripe acted`(body: String, what: String) async throws {
        let error = try await write(.answer(HTTPResponse(status: 200, body: Array(body.utf8))))
        #expect(error == .unexpectedAnswer(what))
        #expect(!error.isDefiniteRefusal)
    }

    @Test func `a refusal stays a refusal when its intent cannot be read`() async throws {
        let error = try await write(
            .error(402, "card_error", code: "card_declined", ["payment_intent": ["id": "pi_9", "amount": "x"]]))
        guard case .card(let card) = error else { throw TestFailure("\(error)") }
        #expect(card.paymentIntentID == StripePaymentIntentID("pi_9"))
    }

    @Test(arguments: [
        (StripeError.idempotencyConflict, "stripe: idempotency_conflict"), (.authentication, "stripe: authentication"),
        (.permission, "stripe: permission"), (.rateLimited, "stripe: rate_limited"),
        (.outcomeUnknown(.timeout, requestID: "req_1"), "stripe: outcome_unknown (timeout, req_1)"),
        (
            .outcomeUnknown(.replayedServerError(status: 500), requestID: nil),
            "stripe: outcome_unknown (replayed_server_error_500)"
        ),
        (.unavailable(.conflict), "stripe: unavailable (conflict)"),
        (.unexpectedAnswer("status 302"), "stripe: unexpected_answer (status 302)"),
        (
            .invalidRequest(StripeInvalidRequest(status: nil, code: "id_invalid")),
            "stripe: invalid_request (not_sent, id_invalid)"
        ),
        (.card(StripeCardError(code: nil)), "stripe: card (no_code)"),
    ]) func `an error prints its case and its codes`(error: StripeError, text: String) {
        #expect("\(error)" == text)
        #expect(String(reflecting: error) == text)
    }
}
