import HTTP
import JSON
import Kernel

/// The error in a body of Stripe's; nil parts where it says nothing.
struct StripeErrorBody {
    let type: String
    let code: String?
    let declineCode: String?
    let adviceCode: String?
    let message: String?
    let param: String?
    let charge: StripeChargeID?
    let paymentIntentID: StripePaymentIntentID?
    let paymentIntent: StripePaymentIntent?

    /// Nil when the body is not Stripe's: somebody in between answered.
    init?(_ body: [UInt8]) {
        // A body that is no JSON is no error of Stripe's, whatever is wrong with it.
        guard let json = try? JSONValue(parsing: body), let error = json["error"], let type = error["type"]?.string
        else { return nil }
        self.type = type
        code = error["code"]?.string
        declineCode = error["decline_code"]?.string
        adviceCode = error["advice_code"]?.string
        message = error["message"]?.string
        param = error["param"]?.string
        charge = error["charge"].flatMap { $0.string ?? $0["id"]?.string }.map { StripeChargeID($0) }
        let intent = error["payment_intent"]
        paymentIntentID = intent.flatMap { $0.string ?? $0["id"]?.string }.map { StripePaymentIntentID($0) }
        // The snapshot is an extra: without it the refusal is still a refusal.
        paymentIntent = intent.flatMap { try? StripePaymentIntent(json: $0) }
    }
}

extension StripeError {
    /// What a call ends in after its last attempt, when that one has no 2xx.
    ///
    /// `earlier` is what an earlier attempt of a write left in doubt. Refusals that Stripe gives before it looks the key
    /// up (401, 403, 429) and connections that never began say nothing about that attempt, so the doubt stays (law 3);
    /// 400, 402 and 404 come after the look-up and settle it.
    static func reading(_ attempt: StripeAttempt, of call: StripeCall, earlier: StripeDoubt?) -> StripeError {
        let requestID = attempt.requestID
        func nothingHappened(_ error: StripeError) -> StripeError {
            earlier.map { .outcomeUnknown($0, requestID: requestID) } ?? error
        }
        switch attempt {
        case .failed(.notSent): return nothingHappened(.unavailable(.notSent))
        case .failed(.answerTooLarge): return .unexpectedAnswer("answer too large")
        case .failed(.timeout), .failed(.lost), .failed(.cancelled): break
        case .answered(let response):
            if attempt.doubt != nil { break }
            guard let body = StripeErrorBody(response.body) else {
                return .unexpectedAnswer("status \(response.status)")
            }
            switch response.status {
            case 400 where body.type == "idempotency_error": return .idempotencyConflict
            case 400, 404: return .invalidRequest(StripeInvalidRequest(response.status, body, requestID))
            case 401: return nothingHappened(.authentication)
            case 402: return .card(StripeCardError(body, requestID))
            case 403: return nothingHappened(.permission)
            case 429: return nothingHappened(.rateLimited)
            default: return .unexpectedAnswer("status \(response.status)")
            }
        }
        let doubt = attempt.doubt ?? .connectionLost
        return call.isWrite ? .outcomeUnknown(doubt, requestID: requestID) : .unavailable(doubt)
    }
}

extension StripeCardError {
    fileprivate init(_ body: StripeErrorBody, _ requestID: String?) {
        self.init(
            code: body.code, declineCode: body.declineCode, adviceCode: body.adviceCode, message: body.message,
            paymentIntentID: body.paymentIntentID, chargeID: body.charge, requestID: requestID)
    }
}

extension StripeInvalidRequest {
    fileprivate init(_ status: Int, _ body: StripeErrorBody, _ requestID: String?) {
        self.init(
            status: status, code: body.code, param: body.param, message: body.message,
            paymentIntent: body.paymentIntent, requestID: requestID)
    }
}
