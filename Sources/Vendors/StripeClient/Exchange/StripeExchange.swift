import HTTP
import JSON
import Kernel

extension StripeClient {
    /// Sends a call until there is an answer, retries are spent or its time is over, and reads the answer.
    func perform<Value>(
        _ call: StripeCall, _ read: (JSONValue) throws(StripeShapeError) -> Value
    ) async throws(StripeError) -> Answer<Value> {
        let response = try await exchange(call)
        let value: Value
        do {
            value = try read(JSONValue(parsing: response.body))
        } catch let error as StripeShapeError {
            throw .unexpectedAnswer(error.description)
        } catch {
            throw .unexpectedAnswer("not JSON")
        }
        return Answer(
            value: value, requestID: response.headers["Request-Id"],
            replayed: response.headers["Idempotent-Replayed"] == "true")
    }

    /// The answer with a 2xx.
    private func exchange(_ call: StripeCall) async throws(StripeError) -> HTTPResponse {
        let secretKey = configuration.secretKey.reveal().utf8
        guard !secretKey.isEmpty, secretKey.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .authentication }
        let deadline = clock.now().adding(configuration.overallTimeout)
        var earlier: StripeDoubt?
        var retry = 0
        while true {
            let started = clock.now()
            // Never nothing, which some transports take for "without end".
            let timeout = max(.seconds(1), min(configuration.timeout, deadline.since(started)))
            let attempt: StripeAttempt
            do {
                attempt = .answered(try await transport.send(call.request(configuration, timeout: timeout)))
            } catch {
                attempt = .failed(error)
            }
            write(attempt, of: call, number: retry + 1, took: clock.now().since(started))
            if case .answered(let response) = attempt, (200..<300).contains(response.status) { return response }
            let wait = StripeAttempt.backoff(retry: retry, random: random)
            guard attempt.mayRetry, retry < configuration.retriesMax, clock.now().adding(wait) < deadline else {
                throw StripeError.reading(attempt, of: call, earlier: earlier)
            }
            if call.isWrite { earlier = attempt.doubt ?? earlier }
            do {
                try await clock.sleep(for: wait)
            } catch {
                throw earlier.map { .outcomeUnknown($0, requestID: attempt.requestID) } ?? .unavailable(.cancelled)
            }
            // A machine that stood still meanwhile: Stripe may have forgotten the key, and would act again (law 3).
            guard clock.now() < deadline else { throw StripeError.reading(attempt, of: call, earlier: earlier) }
            retry += 1
        }
    }

    /// One line for each attempt: which call, how it ended, and Stripe's codes. Never a parameter or a message.
    private func write(_ attempt: StripeAttempt, of call: StripeCall, number: Int, took: Duration) {
        var line = log
        let level: Log.Level
        switch attempt {
        case .failed(let error):
            level = .warning
            line = line.with(["failure": "\(Self.word(for: error))"])
        case .answered(let response):
            line = line.with(["status": .int(Int64(response.status))])
            level = Self.level(of: response.status)
            if level > .info, let body = StripeErrorBody(response.body) {
                for (name, code) in [("code", body.code), ("decline_code", body.declineCode), ("param", body.param)] {
                    if let code { line = line.with([name: .string(String(code.prefix(100)))]) }
                }
            }
        }
        if let requestID = attempt.requestID { line = line.with(["stripe_request_id": .string(requestID)]) }
        if attempt.replayed { line = line.with(["replayed": true]) }
        line.log(
            level, "stripe_call",
            [
                "method": .string(call.method.rawValue), "path": .string(call.template),
                "attempt": .int(Int64(number)), "duration_ms": .int(took.milliseconds),
            ])
    }

    /// A refused card is business (law 12); a refused key is a fault of ours.
    private static func level(of status: Int) -> Log.Level {
        switch status {
        case 200..<300: .info
        case 401, 403: .error
        default: .warning
        }
    }

    private static func word(for error: HTTPTransportError) -> String {
        switch error {
        case .notSent: "not_sent"
        case .timeout: "timeout"
        case .lost: "connection_lost"
        case .answerTooLarge: "answer_too_large"
        case .cancelled: "cancelled"
        }
    }
}
