import JSON

/// An error as Stripe answers it.
struct StripeError: Error, Sendable {
    /// Stripe's four kinds.
    enum Kind: String, Sendable {
        case api = "api_error"
        case card = "card_error"
        case idempotency = "idempotency_error"
        case invalidRequest = "invalid_request_error"
    }

    var status: Int
    var kind: Kind
    var message: String
    var code: String?
    var param: String?
    /// What a card's refusal carries besides, in the newest shape: `decline_code`, `charge`, `payment_intent`.
    var details: JSONObject = [:]
    /// Header fields of the answer.
    var headers: [(name: String, value: String)] = []
    /// Whether an idempotency key keeps this answer: not when the endpoint never began to execute.
    var isKept = true

    /// A bad parameter, a wrong state, a missing reference.
    static func invalidRequest(
        _ message: String, code: String? = nil, param: String? = nil, status: Int = 400
    ) -> StripeError {
        StripeError(status: status, kind: .invalidRequest, message: message, code: code, param: param)
    }

    /// A parameter that the endpoint does not have.
    static func unknownParameter(_ name: String) -> StripeError {
        .invalidRequest("Received unknown parameter: \(name)", code: "parameter_unknown", param: name)
    }

    /// A parameter that must be given.
    static func missingParameter(_ name: String) -> StripeError {
        .invalidRequest("Missing required param: \(name).", code: "parameter_missing", param: name)
    }

    /// An empty text where nothing can be unset.
    static func emptyParameter(_ name: String) -> StripeError {
        .invalidRequest(
            "You passed an empty string for '\(name)'. We assume empty values are an attempt to unset a parameter; "
                + "however '\(name)' cannot be unset. You should remove '\(name)' from your request or supply a "
                + "non-empty value.", code: "parameter_invalid_empty", param: name)
    }

    /// What Stripe does and this sandbox does not.
    static func unsimulated(_ name: String, _ value: String? = nil) -> StripeError {
        .invalidRequest("The sandbox does not simulate \(value.map { "\($0) as " } ?? "")'\(name)'.", param: name)
    }

    /// An id in a parameter that names nothing.
    static func missing(_ what: String, _ id: String, param: String) -> StripeError {
        .invalidRequest("No such \(what): '\(id)'", code: "resource_missing", param: param)
    }

    /// An id in the path that names nothing.
    static func notFound(_ what: String, _ id: String, param: String = "id") -> StripeError {
        .invalidRequest("No such \(what): '\(id)'", code: "resource_missing", param: param, status: 404)
    }

    /// A key that this sandbox does not know, or none.
    static func unauthorized(_ message: String) -> StripeError {
        var error = StripeError.invalidRequest(message, status: 401)
        error.isKept = false
        error.headers = [("WWW-Authenticate", "Basic realm=\"Stripe\"")]
        return error
    }

    /// The same error, raised before the endpoint began to execute.
    var beforeExecution: StripeError {
        var copy = self
        copy.isKept = false
        return copy
    }

    /// The error as the answer's body, in the newest shape.
    func json(requestID: String) -> JSONObject {
        var error: JSONObject = [:]
        if let code {
            error["code"] = .string(code)
            error["doc_url"] = .string("https://stripe.com/docs/error-codes/\(code.replacing("_", with: "-"))")
        }
        for (name, value) in details.members { error[name] = value }
        error["message"] = .string(message)
        if let param { error["param"] = .string(param) }
        error["request_log_url"] = .string("https://dashboard.stripe.com/test/logs/\(requestID)")
        error["type"] = .string(kind.rawValue)
        return ["error": .object(error)]
    }
}
