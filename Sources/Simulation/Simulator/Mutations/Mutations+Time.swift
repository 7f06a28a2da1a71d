internal import Database
internal import HTTP

extension Mutations {
    /// Planted in what the application knows of time.
    static let time: [Mutation] = [
        Mutation(
            "stale_key_repeated",
            "what is older than Stripe's key is repeated under it without looking for it first (law 3)"
        ).with { mutation in
            // It takes every attempt and refund for younger than it is, and then nothing reads first. Where something else
            // lets it read, it looks where it should.
            let known = KnownRewritings { text in
                for (column, table) in [("submitted_at_ms", "payment_attempts"), ("created_at_ms", "refunds")]
                where text.contains("\(column) FROM \(table)") {
                    let younger = "\(column) + \(youthSeconds * 1000) AS \(column) FROM \(table)"
                    return .text(text.replacing("\(column) FROM \(table)", with: younger))
                }
                return .kept
            }
            mutation.wrapDatabase = { RewritingDatabase(inner: $0, rewrite: known.rewriting) }
            mutation.wrapTransport = { inner in
                MutatedTransport(inner: inner) { request, inner async throws(HTTPTransportError) -> HTTPResponse? in
                    guard request.method == "GET", request.url.contains("/v1/payment_intents?"),
                        request.url.contains("customer="), let url = older(request.url)
                    else { return nil }
                    var request = request
                    request.url = url
                    return try await inner.send(request)
                }
            }
        }
    ]

    /// How much younger, in seconds: 30 days, longer than a history.
    private static let youthSeconds: Int64 = 30 * 86_400

    /// The URL of a list that begins so much earlier; nil when it has no beginning.
    private static func older(_ url: String) -> String? {
        guard let name = url.firstRange(of: "created[gte]=") else { return nil }
        let digits = url[name.upperBound...].prefix { $0.isNumber }
        guard let since = Int64(digits) else { return nil }
        return String(url[..<name.upperBound]) + String(since - youthSeconds) + url[digits.endIndex...]
    }
}
