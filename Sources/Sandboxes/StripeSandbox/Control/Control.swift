import HTTP
import JSON
import Kernel

/// The sandbox's own paths under `/_sandbox/`: pages to look at, JSON to test by, and controls.
///
/// ```
/// GET    /                                      what happened; ?q= narrows it
/// GET    /view/requests/{id}  /view/events/{id} one of it
/// GET    /requests /events /deliveries /state   the same as JSON
/// GET    /receipts/{charge}                     a receipt
/// GET    /3ds/{intent}, POST outcome=complete|fail        where a payer authenticates
/// GET    /checkout/{session}, POST              the page of a Checkout Session
/// GET    /vouchers/{intent}, POST outcome=paid|failed     the number to pay by at a convenience store
/// POST   /payment_intents/{id}/authenticate {"outcome":"succeed"|"fail"}
/// POST   /payment_intents/{id}/settle {"outcome":"paid"|"failed"|"processing"}
/// POST   /checkout/sessions/{id}/pay {"card":…|"payment_method":…|"method":"konbini","email":…,"name":…}
/// POST   /faults {"kind":…,"match":{…},"times":n}, GET, DELETE
/// POST   /events/release                        lets held deliveries go
/// POST   /events/{id}/resend                    delivers once more
/// POST   /webhook_endpoints/{id}/roll {"overlap_seconds":n}
/// POST   /reset                                 forgets everything
/// ```
struct Control {
    let request: HTTPRequest
    let now: Timestamp

    var cause: Cause { Cause(at: now) }

    /// Answers; unknown paths with 404.
    func answer(_ state: inout SandboxState) -> HTTPResponse {
        state.catchUp(to: now)
        let segments = request.head.path.split(separator: "/").dropFirst().map(String.init)
        let isRead = request.head.method == "GET" || request.head.method == "HEAD"
        switch (segments.first, segments.count) {
        case ("3ds", 2): return AuthenticationPage.answer(request, segments[1], &state, cause)
        case ("checkout", 2): return CheckoutPage.answer(request, segments[1], &state, cause)
        case ("vouchers", 2): return VoucherPage.answer(request, segments[1], &state, cause)
        default: break
        }
        let found = isRead ? read(segments, state) : write(segments, &state)
        return found ?? Self.notFound
    }

    private func read(_ segments: [String], _ state: SandboxState) -> HTTPResponse? {
        switch (segments.first, segments.count) {
        case (nil, _): return HistoryPages.overview(state, filter: query("q"))
        case ("requests", 1): return .json(["data": .array(state.requests.all.reversed().map(\.json))])
        case ("events", 1): return events(state)
        case ("deliveries", 1): return .json(["data": .array(deliveries(state))])
        case ("state", 1): return .json(summary(state))
        case ("faults", 1): return .json(["data": .array(state.faults.waiting.map(\.json))])
        case ("receipts", 2): return HistoryPages.receipt(state, segments[1])
        case ("view", 3) where segments[1] == "requests": return HistoryPages.request(state, segments[2])
        case ("view", 3) where segments[1] == "events": return HistoryPages.event(state, segments[2])
        default: return nil
        }
    }

    private func write(_ segments: [String], _ state: inout SandboxState) -> HTTPResponse? {
        switch (request.head.method, segments.first, segments.count) {
        case ("POST", "faults", 1): return addFault(&state)
        case ("DELETE", "faults", 1):
            state.faults.removeAll()
            return .json(["data": []])
        case ("POST", "reset", 1):
            state.reset(at: now)
            return .json(["reset": true])
        case ("POST", "events", 2) where segments[1] == "release":
            return .json(["released": .int(Int64(state.deliveries.release(at: now)))])
        case ("POST", "events", 3) where segments[2] == "resend": return resend(segments[1], &state)
        case ("POST", "payment_intents", 3) where segments[2] == "authenticate":
            return authenticate(segments[1], &state)
        case ("POST", "payment_intents", 3) where segments[2] == "settle": return settle(segments[1], &state)
        case ("POST", "checkout", 4) where segments[1] == "sessions" && segments[3] == "pay":
            return pay(segments[2], &state)
        case ("POST", "webhook_endpoints", 3) where segments[2] == "roll": return roll(segments[1], &state)
        default: return nil
        }
    }

    private func query(_ name: String) -> String {
        PercentCoding.pairs(request.head.query)?.first { $0.name == name }?.value ?? ""
    }

    static let notFound = Problem(
        status: 404, code: "not_found", detail: "The sandbox has nothing at this path."
    ).response(requestID: "")

    /// The body as JSON that fits a schema; an empty one is `{}`.
    func body(_ schema: Schema) -> Result<JSONValue, Problem> {
        if request.body.isEmpty { return checked(.object([:]), schema) }
        do throws(JSONError) {
            return checked(try JSONValue(parsing: request.body, levelsMax: 16), schema)
        } catch {
            return .failure(.invalidInput([FieldError(field: "", code: "malformed", detail: "\(error)")]))
        }
    }

    private func checked(_ value: JSONValue, _ schema: Schema) -> Result<JSONValue, Problem> {
        let faults = schema.faults(in: value)
        return faults.isEmpty ? .success(value) : .failure(.invalidInput(faults))
    }
}

// Controls.
extension Control {
    private func addFault(_ state: inout SandboxState) -> HTTPResponse {
        switch body(StripeSandboxFault.schema) {
        case .failure(let problem): return problem.response(requestID: "")
        case .success(let value):
            guard let fault = StripeSandboxFault(value) else {
                return Problem(
                    status: 400, code: "invalid_input", detail: "A server's error is 424, 500, 502, 503 or 504."
                ).response(requestID: "")
            }
            guard state.faults.add(fault) else {
                return Problem(
                    status: 409, code: "too_many_faults",
                    detail: "At most \(FaultList.countMax) faults can wait; clear them."
                ).response(requestID: "")
            }
            return .json(fault.json, status: 201)
        }
    }

    /// Sends an event again to every endpoint that wants its type, acknowledged or not.
    private func resend(_ id: String, _ state: inout SandboxState) -> HTTPResponse {
        guard let event = state.events[id] else { return Self.notFound }
        var count: Int64 = 0
        for endpoint in state.webhookEndpoints.newestFirst.reversed()
        where endpoint.isEnabled && endpoint.wants(event.type, accountVersion: state.accountVersion) {
            state.deliveries.resend(event.id, type: event.type, to: endpoint.id, at: now)
            count += 1
        }
        return .json(["event": .string(id), "deliveries": .int(count)])
    }

    /// Rolls an endpoint's secret, as the dashboard does.
    private func roll(_ id: String, _ state: inout SandboxState) -> HTTPResponse {
        switch body(.object([.optional("overlap_seconds", .integer(0...86_400))])) {
        case .failure(let problem): return problem.response(requestID: "")
        case .success(let value):
            let overlap = Duration.seconds(value["overlap_seconds"]?.int ?? 0)
            guard let secret = state.rollSecret(of: id, overlap: overlap, at: now) else { return Self.notFound }
            return .json(["id": .string(id), "secret": .string(secret)])
        }
    }
}

// What tests read.
extension Control {
    private func events(_ state: SandboxState) -> HTTPResponse {
        let type = query("type")
        var found: [JSONValue] = []
        for event in state.events.newestFirst where found.count < state.options.historyMax {
            if type.isEmpty || EventTypes.matches(type, event.type) { found.append(.object(event.json)) }
        }
        return .json(["data": .array(found)])
    }

    private func deliveries(_ state: SandboxState) -> [JSONValue] {
        (Array(state.deliveries.history.all) + state.deliveries.open).sorted { $0.id > $1.id }.map { delivery in
            [
                "id": .int(Int64(delivery.id)), "event": .string(delivery.eventID), "type": .string(delivery.type),
                "endpoint": .string(delivery.endpointID), "status": .string(delivery.status.rawValue),
                "due": .string(delivery.due.rfc3339),
                "attempts": .array(
                    delivery.attempts.map { attempt in
                        [
                            "time": .string(attempt.at.rfc3339), "status": JSONValue(attempt.status.map { Int64($0) }),
                            "failure": JSONValue(attempt.failure), "answer": .string(attempt.answer),
                        ]
                    }),
            ]
        }
    }

    private func summary(_ state: SandboxState) -> JSONValue {
        [
            "api_version": .string(state.accountVersion.name), "time": .string(now.rfc3339),
            "customers": .int(Int64(state.customers.count)),
            "payment_methods": .int(Int64(state.paymentMethods.count)),
            "payment_intents": .int(Int64(state.paymentIntents.count)),
            "charges": .int(Int64(state.charges.count)), "refunds": .int(Int64(state.refunds.count)),
            "disputes": .int(Int64(state.disputes.count)), "products": .int(Int64(state.products.count)),
            "prices": .int(Int64(state.prices.count)),
            "checkout_sessions": .int(Int64(state.checkoutSessions.count)), "events": .int(Int64(state.events.count)),
            "webhook_endpoints": .array(state.webhookEndpoints.newestFirst.map { .object($0.json) }),
            "idempotency_keys": .int(Int64(state.idempotency.count)),
            "deliveries_open": .int(Int64(state.deliveries.open.count)),
            "faults": .int(Int64(state.faults.waiting.count)),
        ]
    }
}
