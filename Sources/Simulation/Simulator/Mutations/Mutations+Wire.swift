internal import HTTP
internal import JSON

extension Mutations {
    /// Planted in what is sent to Stripe.
    static let wire: [Mutation] = [
        Mutation("fresh_key_on_retry", "every call to Stripe has a key of its own").with { mutation in
            mutation.wrapTransport = { freshKeys($0) { _ in true } }
        },
        Mutation("intent_with_fresh_key", "an intent whose making is tried again has another key").with { mutation in
            mutation.wrapTransport = { freshKeys($0) { $0.hasSuffix("/v1/payment_intents") } }
        },
        Mutation("refund_with_fresh_key", "a refund that is tried again has another key").with { mutation in
            mutation.wrapTransport = { freshKeys($0) { $0.hasSuffix("/v1/refunds") } }
        },
        Mutation("page_with_fresh_key", "a page whose making is tried again has another key").with { mutation in
            mutation.wrapTransport = { freshKeys($0) { $0.hasSuffix("/v1/checkout/sessions") } }
        },
        Mutation("customer_with_fresh_key", "a customer whose making is tried again has another key").with { mutation in
            mutation.wrapTransport = { freshKeys($0) { $0.hasSuffix("/v1/customers") } }
        },
        Mutation("page_key_in_memory", "the key of a page is not stored before the call: after a crash it is another")
            .with { mutation in
                mutation.wrapTransport = { keysOfThisLife($0) { $0.hasSuffix("/v1/checkout/sessions") } }
            },
        Mutation(
            "second_intent_without_key",
            "an intent is made once more without the attempt's key, and the buyer's card pays it"
        ).with { mutation in mutation.wrapTransport = { payingTwice($0) } },
        Mutation("cancel_without_stripe", "an order is canceled without canceling its intent").with { mutation in
            mutation.wrapTransport = { pretending($0, "/v1/payment_intents/", "/cancel", "canceled") }
        },
        Mutation("page_left_open", "a page is not closed before a new one is opened").with { mutation in
            mutation.wrapTransport = { pretending($0, "/v1/checkout/sessions/", "/expire", "expired") }
        },
        Mutation("page_of_another_item", "a page sells something else at the same price").with { mutation in
            mutation.wrapTransport = { inner in
                MutatedTransport(inner: inner) { request, inner async throws(HTTPTransportError) -> HTTPResponse? in
                    guard request.method == "POST", request.url.hasSuffix("/v1/checkout/sessions") else { return nil }
                    var request = request
                    let form = String(decoding: request.body, as: UTF8.self).split(separator: "&").map { part in
                        part.contains("product_data") ? part.prefix { $0 != "=" } + "=another" : part
                    }
                    request.body = Array(form.joined(separator: "&").utf8)
                    return try await inner.send(request)
                }
            }
        },
    ]

    private static func freshKeys(
        _ inner: any HTTPTransport, _ isMeant: @escaping @Sendable (String) -> Bool
    ) -> any HTTPTransport {
        let numbers = Numbers()
        return MutatedTransport(inner: inner) { request, inner async throws(HTTPTransportError) -> HTTPResponse? in
            guard let key = request.headers["Idempotency-Key"], isMeant(request.url) else { return nil }
            var request = request
            request.headers["Idempotency-Key"] = "\(key)-\(numbers.next())"
            return try await inner.send(request)
        }
    }

    private static let lives = Numbers()

    /// A transport is put in place once in a life of the application: keys are the same for as long as it lasts.
    private static func keysOfThisLife(
        _ inner: any HTTPTransport, _ isMeant: @escaping @Sendable (String) -> Bool
    ) -> any HTTPTransport {
        let life = lives.next()
        return MutatedTransport(inner: inner) { request, inner async throws(HTTPTransportError) -> HTTPResponse? in
            guard let key = request.headers["Idempotency-Key"], isMeant(request.url) else { return nil }
            var request = request
            request.headers["Idempotency-Key"] = "\(key)-\(life)"
            return try await inner.send(request)
        }
    }

    /// Makes a second intent beside each that is made, and confirms it with a card that is good. All else is right: whichever of the two
    /// is paid first pays the order, and money that comes twice is flagged. The charge alone is one too many.
    private static func payingTwice(_ inner: any HTTPTransport) -> any HTTPTransport {
        MutatedTransport(inner: inner) { request, inner async throws(HTTPTransportError) -> HTTPResponse? in
            guard request.method == "POST", request.url.hasSuffix("/v1/payment_intents") else { return nil }
            let first = try await inner.send(request)
            guard first.status == 200 else { return first }
            var second = request
            second.headers["Idempotency-Key"] = nil
            let made = try await inner.send(second)
            // What the network cut is none.
            guard let id = (try? JSONValue(parsing: made.body))?["id"]?.string else { return first }
            second.url += "/\(id)/confirm"
            second.body = Array("payment_method=pm_card_visa&return_url=https%3A%2F%2Fkessai.test%2F".utf8)
            _ = try await inner.send(second)
            return first
        }
    }

    /// Says that something was ended at Stripe, and leaves it as it is.
    private static func pretending(
        _ inner: any HTTPTransport, _ prefix: String, _ suffix: String, _ status: String
    ) -> any HTTPTransport {
        let ended = Remembered()
        return MutatedTransport(inner: inner) { request, inner async throws(HTTPTransportError) -> HTTPResponse? in
            guard let range = request.url.firstRange(of: prefix) else { return nil }
            let id = String(request.url[range.upperBound...].prefix { $0 != "/" && $0 != "?" })
            if request.method == "POST", request.url.hasSuffix(suffix) { ended.insert(id) }
            guard ended.contains(id) else { return nil }
            var read = request
            read.method = "GET"
            read.body = []
            read.headers["Idempotency-Key"] = nil
            read.url = String(request.url[..<range.upperBound]) + id
            let response = try await inner.send(read)
            guard case .object(var object)? = try? JSONValue(parsing: response.body) else { return response }
            object["status"] = .string(status)
            return .json(.object(object), status: response.status)
        }
    }
}
