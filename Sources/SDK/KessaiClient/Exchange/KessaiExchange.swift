import HTTP
import JSON
import Kernel
import KessaiAPI

/// Sends calls, and repeats them within bounds.
struct KessaiExchange: Sendable {
    let base: String
    let transport: any HTTPTransport
    let clock: any WallClock
    let random: any RandomSource
    let options: KessaiClient.Options

    func makeKey() -> RequestKey { RequestKey(random: random.alphanumerics(32)) }

    /// The model in the answer of a call.
    func perform<Model: APIModel>(_ call: KessaiCall, _: Model.Type = Model.self) async throws(KessaiError) -> Model {
        try read(try await send(call))
    }

    /// The answer of a call, with a 2xx.
    func send(_ call: KessaiCall) async throws(KessaiError) -> HTTPResponse {
        let request = try call.request(base: base, timeout: max(.milliseconds(1), options.timeout))
        var mayHaveActed = false
        var attempt = 1
        while true {
            let failure: KessaiError
            do throws(HTTPTransportError) {
                let response = try await transport.send(request)
                if (200..<300).contains(response.status) { return response }
                failure = KessaiError(refusal: response)
            } catch {
                if case .notSent = error {} else { mayHaveActed = true }
                failure = .noAnswer(error, mayHaveActed: mayHaveActed)
            }
            guard attempt < min(max(options.attemptsMax, 1), 10), let pause = pause(after: failure, attempt, call)
            else { throw failure }
            try await sleep(pause, mayHaveActed: mayHaveActed)
            attempt += 1
        }
    }

    /// A model that the server wrote; members that it does not know are passed over.
    func read<Model: APIModel>(_ response: HTTPResponse) throws(KessaiError) -> Model {
        do {
            return try Model(validated: try JSONValue(parsing: response.body))
        } catch {
            let place = if case .mismatch(let path)? = error as? JSONCodingError { ": \(path)" } else { "" }
            throw .unexpectedAnswer(
                status: response.status, reason: "not a \(Model.self)\(place)",
                requestID: response.headers["X-Request-Id"])
        }
    }

    /// Waits by the clock. Throws `KessaiError.noAnswer` when the task is cancelled.
    func sleep(_ duration: Duration, mayHaveActed: Bool) async throws(KessaiError) {
        do {
            try await clock.sleep(for: duration)
        } catch {
            throw .noAnswer(.cancelled, mayHaveActed: mayHaveActed)
        }
    }

    /// How long to wait before the call is sent again; nil when it is not.
    private func pause(after failure: KessaiError, _ attempt: Int, _ call: KessaiCall) -> Duration? {
        switch failure {
        case .noAnswer(.notSent, _), .noAnswer(.timeout, _), .noAnswer(.lost, _): return backoff(attempt)
        case .problem(let problem):
            guard !call.finalCodes.contains(problem.code) else { return nil }
            // Other conflicts that name a pause are states of the business, for the app to know.
            let asks = [429, 503].contains(problem.status) || problem.code == "idempotency_key_in_use"
            guard asks else { return nil }
            let pause = problem.retryAfter ?? backoff(attempt)
            return pause <= options.pauseMax ? pause : nil
        // A proxy whose server is away.
        case .unexpectedAnswer(let status, _, _): return (502...504).contains(status) ? backoff(attempt) : nil
        case .noAnswer, .invalidArgument: return nil
        }
    }

    /// 0.5 s · 2^n, at most the longest pause, of which randomness takes 50 to 100 % so that many devices do not
    /// return at once.
    private func backoff(_ attempt: Int) -> Duration {
        let fullMs = max(2, min(Int64(500) << Int64(min(attempt - 1, 10)), options.pauseMax.milliseconds))
        return .milliseconds(random.number(in: (fullMs / 2)...fullMs))
    }
}
