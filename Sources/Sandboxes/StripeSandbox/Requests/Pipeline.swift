import HTTP
import JSON
import Kernel

/// One request on its way through: authentication, rate limit, idempotency, validation, execution, storing.
struct Pipeline {
    let request: HTTPRequest
    let now: Timestamp
    let requestID: String
    private let found: (endpoint: Endpoint, ids: [String])?
    private let key: String?
    private let isPretty: Bool
    private var version: APIVersion
    private var headers: HTTPHeaders = [:]
    private var fault: StripeSandboxFault?
    private var isReplay = false
    private var isClientSide = false

    /// A request that just arrived.
    init(_ request: HTTPRequest, _ state: inout SandboxState, at now: Timestamp) {
        self.request = request
        self.now = now
        requestID = state.newID("req_")
        found = Endpoint.find(method: request.head.method, path: request.head.path)
        key = request.head.headers["Idempotency-Key"].flatMap { $0.isEmpty ? nil : $0 }
        version = state.accountVersion
        isPretty = state.options.isPretty
    }

    /// Answers, with every effect on the state.
    mutating func run(_ state: inout SandboxState) -> Exchange {
        state.catchUp(to: now)
        fault = state.faults.takeRequestFault(
            method: request.head.method, path: request.head.path, template: found?.endpoint.path, key: key)
        var exchange: Exchange
        switch fault?.kind {
        case .dropBefore: exchange = Exchange(response: HTTPResponse(status: 0), fate: .lost)
        case .outage where fault?.refusesConnection == true:
            exchange = Exchange(response: HTTPResponse(status: 0), fate: .notSent)
        case .outage:
            exchange = Exchange(response: answer(apiError(503, "Stripe is temporarily unavailable.")))
        default:
            let response: HTTPResponse
            do throws(StripeError) { response = try answer(&state) } catch { response = answer(error) }
            exchange = Exchange(response: response)
            if fault?.kind == .dropAnswer { exchange.fate = .lost }
            if fault?.kind == .delay { exchange.delay = fault?.delay ?? .zero }
        }
        decorate(&exchange.response)
        remember(exchange, &state)
        return exchange
    }

    private mutating func answer(_ state: inout SandboxState) throws(StripeError) -> HTTPResponse {
        isClientSide = try Credentials.isClientSide(request.head.headers, state.options)
        if let account = request.head.headers["Stripe-Account"] {
            throw .invalidRequest(
                "The provided key does not have access to account '\(account)' (or that account does not exist).",
                code: "account_invalid", status: 403)
        }
        if fault?.kind == .rateLimit { throw rateLimited() }
        if fault?.kind == .lockTimeout { throw locked() }
        guard let (endpoint, ids) = found else {
            throw .invalidRequest(
                "Unrecognized request URL (\(request.head.method): \(request.head.path)).", status: 404)
        }
        if let name = request.head.headers["Stripe-Version"] {
            guard let known = APIVersion(name) else {
                throw .invalidRequest("Invalid Stripe API version: \(name).")
            }
            version = known
        }
        if isClientSide, endpoint.access == .secretKey {
            throw .invalidRequest(
                "This API call cannot be made with a publishable API key. Please use a secret API key.",
                code: "secret_key_required", status: 403)
        }
        let form = try form()
        let isKeyed = endpoint.method == "POST" && key != nil
        if isKeyed, fault?.kind == .keyInUse { throw inUse(key ?? "") }
        if isKeyed, let stored = try stored(form, state) { return stored }
        if fault?.kind == .notFound {
            let response = answer(.notFound("object", ids.last ?? "none"))
            if isKeyed { keep(response, form, &state) }
            return response
        }
        if fault?.kind == .serverError, fault?.hasEffect == false {
            return fail(form, &state, isKept: isKeyed && fault?.isKept == true)
        }
        let parameters = try ParameterCheck(version: version).check(form, against: endpoint.parameters)
        let paths = try Expansion.paths(parameters.strings("expand") ?? [], in: endpoint.answer)
        let call = Call(
            cause: Cause(at: now, requestID: requestID, idempotencyKey: key), version: version,
            isClientSide: isClientSide, path: request.head.path, ids: ids, parameters: parameters)
        var response: HTTPResponse
        do throws(StripeError) {
            let object = try endpoint.run(&state, call)
            response = answer(200, render(state.expand(object, paths, in: endpoint.answer), call))
        } catch {
            if !error.isKept { throw error }
            response = answer(error)
        }
        if fault?.kind == .serverError { return fail(form, &state, isKept: isKeyed && fault?.isKept != false) }
        if isKeyed { keep(response, form, &state) }
        return response
    }

    private func form() throws(StripeError) -> FormNode {
        let isPost = request.head.method == "POST"
        let type = request.head.headers["Content-Type"] ?? ""
        if isPost, !request.body.isEmpty, type.hasPrefix("application/json") {
            throw .invalidRequest("Send the parameters as application/x-www-form-urlencoded.")
        }
        let text = isPost ? String(decoding: request.body, as: UTF8.self) : request.head.query
        do throws(FormError) { return try FormParser.parse(text) } catch {
            switch error {
            case .malformed: throw .invalidRequest("Invalid encoding of the parameters.")
            case .tooLarge: throw .invalidRequest("Too many parameters.")
            case .conflicting(let name): throw .invalidRequest("Invalid hash", param: name)
            }
        }
    }

    private func render(_ value: JSONValue, _ call: Call) -> JSONValue {
        let rendered = ShapeRenderer(version: version).render(value)
        return isClientSide ? ClientSideView.of(rendered) : rendered
    }
}

// Idempotency.
extension Pipeline {
    private func fingerprint(_ form: FormNode) -> String {
        "\(request.head.method) \(request.head.path) \(form.fingerprint)"
    }

    /// The answer that the key already has. Throws when it cannot be used for this request.
    private mutating func stored(_ form: FormNode, _ state: SandboxState) throws(StripeError) -> HTTPResponse? {
        guard let key else { return nil }
        guard key.utf8.count <= IdempotencyStore.keyLengthMax else {
            throw .invalidRequest("Idempotency keys can be at most \(IdempotencyStore.keyLengthMax) characters long.")
        }
        headers["Original-Request"] = requestID
        switch state.idempotency.find(key, fingerprint: fingerprint(form), at: now) {
        case .new: return nil
        case .running:
            headers["Original-Request"] = nil
            throw inUse(key)
        case .mismatch(let entry):
            headers["Original-Request"] = entry.requestID
            var error = StripeError.invalidRequest(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                    + "Try using a key other than '\(key)' if you meant to execute a different request.")
            error.kind = .idempotency
            throw error
        case .replay(let entry):
            isReplay = true
            headers["Original-Request"] = entry.requestID
            headers["Idempotent-Replayed"] = "true"
            return HTTPResponse(status: entry.status, body: entry.body)
        }
    }

    private func keep(_ response: HTTPResponse, _ form: FormNode, _ state: inout SandboxState) {
        guard let key else { return }
        let late = fault?.kind == .delay ? fault?.delay ?? .zero : .zero
        state.idempotency.keep(
            key,
            IdempotencyStore.Entry(
                fingerprint: fingerprint(form), status: response.status, body: response.body, requestID: requestID,
                storedAt: now, finishedAt: now.adding(late)))
    }
}

// Answers.
extension Pipeline {
    private func answer(_ status: Int, _ value: JSONValue) -> HTTPResponse {
        HTTPResponse(status: status, body: value.bytes(pretty: isPretty))
    }

    private mutating func answer(_ failure: StripeError) -> HTTPResponse {
        var error = failure
        for (name, value) in error.headers { headers[name] = value }
        if isClientSide, let intent = error.details["payment_intent"] {
            error.details["payment_intent"] = ClientSideView.of(intent)
        }
        let body = ShapeRenderer(version: version).render(error.json(requestID: requestID), as: nil)
        return answer(error.status, .object(body))
    }

    private func apiError(_ status: Int, _ message: String) -> StripeError {
        StripeError(status: status, kind: .api, message: message)
    }

    private mutating func fail(_ form: FormNode, _ state: inout SandboxState, isKept: Bool) -> HTTPResponse {
        let response = answer(apiError(fault?.status ?? 500, "An unexpected error occurred on Stripe's side."))
        if isKept { keep(response, form, &state) }
        return response
    }

    private func rateLimited() -> StripeError {
        var error = StripeError.invalidRequest(
            "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
            code: "rate_limit", status: 429)
        error.headers = [("Stripe-Rate-Limited-Reason", "global-rate")]
        return error
    }

    private func inUse(_ key: String) -> StripeError {
        var error = StripeError.invalidRequest(
            "There is currently another in-progress request using this Idempotent Key (that probably means you "
                + "submitted twice, and the other request is still going through): \(key). Please try again "
                + "later.", code: "idempotency_key_in_use", status: 409)
        error.headers = [("Stripe-Should-Retry", "true")]
        return error
    }

    private func locked() -> StripeError {
        var error = StripeError.invalidRequest(
            "This object cannot be accessed right now because another API request or Stripe process is currently "
                + "accessing it.", code: "lock_timeout", status: 429)
        error.headers = [("Stripe-Should-Retry", "true")]
        return error
    }

    private func decorate(_ response: inout HTTPResponse) {
        guard response.status != 0 else { return }
        response.headers["Content-Type"] = "application/json"
        response.headers["Cache-Control"] = "no-cache, no-store"
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "Request-Id, Stripe-Version"
        response.headers["Request-Id"] = requestID
        response.headers["Stripe-Version"] = version.name
        if request.head.method == "POST", let key { response.headers["Idempotency-Key"] = key }
        for (name, value) in headers.all { response.headers[name] = value }
    }

    private func remember(_ exchange: Exchange, _ state: inout SandboxState) {
        let isPost = request.head.method == "POST"
        let sent = isPost ? String(decoding: request.body, as: UTF8.self) : request.head.query
        state.requests.append(
            RequestRecord(
                id: requestID, at: now, method: request.head.method, path: request.head.path,
                parameters: RequestRecord.masked(sent), version: version.name, idempotencyKey: key,
                status: exchange.response.status, isReplay: isReplay, fault: fault?.kind.rawValue,
                answer: Array(exchange.response.body.prefix(RequestRecord.bodyBytesMax))))
    }
}
