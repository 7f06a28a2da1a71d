import HTTP
import JSON
import Kernel

/// The buyer's, the bank's and the store's part, without a page.
extension Control {
    /// Takes the bank's part in 3-D Secure.
    func authenticate(_ id: String, _ state: inout SandboxState) -> HTTPResponse {
        switch body(.object([.required("outcome", .oneOf(["succeed", "fail"]))])) {
        case .failure(let problem): return problem.response(requestID: "")
        case .success(let value):
            return Self.answer { () throws(StripeError) -> JSONValue in
                .object(try state.authenticate(id, succeeds: value["outcome"] == "succeed", cause).json)
            }
        }
    }

    /// Says at last what became of a payment that takes its time.
    func settle(_ id: String, _ state: inout SandboxState) -> HTTPResponse {
        switch body(.object([.required("outcome", .oneOf(["paid", "failed", "processing"]))])) {
        case .failure(let problem): return problem.response(requestID: "")
        case .success(let value):
            return Self.answer { () throws(StripeError) -> JSONValue in
                let isCard = state.paymentIntents[id]?.paymentMethod.flatMap { state.paymentMethods[$0] }?.kind == .card
                let outcome: DelayedOutcome =
                    switch value["outcome"]?.string {
                    case "paid": .paid
                    case "processing": .processing
                    default: .failed(isCard ? .generic : .unpaidAtStore)
                    }
                return .object(try state.settle(id, outcome, cause).json)
            }
        }
    }

    /// Pays a Checkout Session as its page does.
    func pay(_ id: String, _ state: inout SandboxState) -> HTTPResponse {
        let schema: Schema = .object([
            .optional("card", .string(length: 0...30)), .optional("payment_method", .string(length: 0...255)),
            .optional("method", .oneOf(["card", "konbini"])), .optional("email", .string(length: 3...512)),
            .optional("name", .string(length: 0...255)),
        ])
        switch body(schema) {
        case .failure(let problem): return problem.response(requestID: "")
        case .success(let value):
            return Self.answer { () throws(StripeError) -> JSONValue in
                let email = value["email"]?.string ?? state.checkoutSessions[id]?.customerEmail
                let payer = CheckoutPayer(email: email ?? "buyer@example.com", name: value["name"]?.string)
                let method = try Self.method(value, state, cause)
                let outcome = try state.payCheckout(id, method, payer, cause)
                return Self.json(outcome, state.checkoutSessions[id])
            }
        }
    }

    private static func method(_ value: JSONValue, _ state: SandboxState, _ cause: Cause) throws(StripeError)
        -> PaymentMethod
    {
        if value["method"] == "konbini" { return state.konbini(cause) }
        if let reference = value["payment_method"]?.string { return try state.paymentMethod(for: reference, cause) }
        let number = (value["card"]?.string ?? "4242424242424242").filter { $0 != " " && $0 != "-" }
        guard let card = TestCard.numbered(number) else { throw CardInput.refused(.notATestCard) }
        return state.newMethod(CardInput(card, at: cause.at), cause)
    }

    private static func json(_ outcome: CheckoutOutcome, _ session: CheckoutSession?) -> JSONValue {
        var answer: JSONObject = [:]
        switch outcome {
        case .completed(let session):
            answer["outcome"] = .string(session.paymentStatus.rawValue)
            answer["url"] = .string(session.successLocation)
        case .needsAuthentication(let url):
            answer["outcome"] = "requires_action"
            answer["url"] = .string(url)
        case .declined(let error):
            answer["outcome"] = "declined"
            answer["code"] = JSONValue(error.code)
            answer["reason"] = error.details["decline_code"] ?? JSONValue(error.code)
        }
        answer["session"] = session.map { .object($0.json) } ?? .null
        return .object(answer)
    }

    private static func answer(_ act: () throws(StripeError) -> JSONValue) -> HTTPResponse {
        do throws(StripeError) { return .json(try act()) } catch {
            return .json(.object(error.json(requestID: "")), status: error.status)
        }
    }
}
