import HTTP
import JSON
import Kernel
import StripeSchemas
import Testing

/// Sessions for the tests, and the buyer's hand.
enum Checkout {
    static let success = "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}"
    static let cancel = "https://shop.example/cart"
    static let form = [
        ("mode", "payment"), ("success_url", success), ("cancel_url", cancel),
        ("line_items[0][price_data][currency]", "jpy"), ("line_items[0][price_data][unit_amount]", "980"),
        ("line_items[0][price_data][product_data][name]", "一日パス"), ("line_items[0][quantity]", "2"),
    ]

    static func raw(_ more: [(String, String)] = [], without names: Set<String> = []) -> String {
        (form.filter { !names.contains($0.0) } + more)
            .map { "\(PercentCoding.encode($0.0))=\(PercentCoding.encode($0.1))" }.joined(separator: "&")
    }

    /// A session that was created.
    static func open(
        _ harness: Harness, _ more: [(String, String)] = [], without names: Set<String> = [], version: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> JSONValue {
        let answer = try await harness.send(
            "POST", "/v1/checkout/sessions", raw: raw(more, without: names), version: version,
            sourceLocation: sourceLocation)
        #expect(answer.status == 200, "\(answer.text)", sourceLocation: sourceLocation)
        return answer.json
    }

    static func pay(_ harness: Harness, _ session: JSONValue, _ how: JSONValue = [:]) async throws -> Answer {
        try await harness.control("POST", "/checkout/sessions/\(session.id)/pay", how)
    }

    static func read(_ harness: Harness, _ session: JSONValue, expand: String = "payment_intent") async throws
        -> JSONValue
    {
        try await harness.get("/v1/checkout/sessions/\(session.id)", ["expand[]": expand])
    }
}
