internal import Crypto
internal import Database
internal import HTTP
internal import JSON
internal import Kernel

extension Mutations {
    /// Planted where requests come in and answers go out.
    static let edge: [Mutation] = [
        Mutation("acknowledge_before_storing", "an event that could not be stored is acknowledged").with { mutation in
            mutation.changeResponse = { request, response in
                request.head.path.hasPrefix("/api/webhook/") && response.status >= 500
                    ? .json(["status": "success", "actions": []]) : response
            }
        },
        Mutation("signature_not_checked", "an event is taken whoever signed it").with { mutation in
            mutation.changeRequest = { request, world in
                guard request.head.path.hasPrefix("/api/webhook/") else { return request }
                return signed(request, request.body, world)
            }
        },
        taken("no_mismatch_check", "an event's amount is taken for the order's") { event, order, world in
            let total = await world.count("SELECT total_minor AS count FROM orders WHERE id = \(order)")
            event.set(["data", "object", "amount_received"], to: .int(total))
            event.set(["data", "object", "amount"], to: .int(total))
        },
        taken("no_currency_check", "an event's currency is taken for the order's") { event, order, world in
            let currency = await world.text("SELECT currency AS text FROM orders WHERE id = \(order)")
            event.set(["data", "object", "currency"], to: JSONValue(currency))
        },
        taken("no_customer_check", "an event's customer is taken for the order's") { event, order, world in
            let customer = await world.text("SELECT stripe_customer_id AS text FROM orders WHERE id = \(order)")
            if let customer { event.set(["data", "object", "customer"], to: .string(customer)) }
        },
        Mutation("key_ignored", "a request that is repeated with its key is done again").with { mutation in
            mutation.changeRequest = { request, _ in
                var request = request
                request.head.headers["Idempotency-Key"] = nil
                return request
            }
        },
        Mutation("token_for_any_device", "a purchase's token is good for any device").with { mutation in
            mutation.changeRequest = { request, world in
                guard case .object(var body)? = try? JSONValue(parsing: request.body),
                    let token = body["purchase_token"]?.string,
                    let fact = world.memory.facts("tokens").first(where: { $0.hasSuffix(" \(token)") })
                else { return request }
                body["device_id"] = .string(String(fact.prefix { $0 != " " }))
                var request = request
                request.body = JSONValue.object(body).bytes()
                return request
            }
        },
        Mutation("no_ownership_check", "an order can be read and canceled by everybody").with { mutation in
            mutation.changeRequest = { request, world in
                guard request.head.path.hasPrefix("/api/orders/") else { return request }
                for number in 0..<2 {
                    let order = request.head.path.split(separator: "/")[2]
                    guard world.memory.facts("orders of buyer\(number)").contains(String(order)),
                        let token = world.memory.token(of: "buyer\(number)")
                    else { continue }
                    var request = request
                    request.head.headers["Authorization"] = "Bearer \(token)"
                    return request
                }
                return request
            }
        },
    ]

    /// What a payment says of itself is not compared with its order, as if it were the order's own.
    private static func taken(
        _ name: String, _ summary: String,
        _ change: @escaping @Sendable (inout JSONValue, _ order: String, SimulatedWorld) async -> Void
    ) -> Mutation {
        Mutation(name, summary).with { mutation in
            mutation.changeRequest = { request, world in
                guard isGenuine(request),
                    var event = try? JSONValue(parsing: request.body),  // Refused later.
                    event["type"] == "payment_intent.succeeded",
                    let order = event["data"]?["object"]?["metadata"]?["order_id"]?.string
                else { return request }
                await change(&event, order, world)
                return signed(request, event.bytes(), world)
            }
        }
    }

    /// Whether Stripe signed it.
    private static func isGenuine(_ request: HTTPRequest) -> Bool {
        guard request.head.path.hasPrefix("/api/webhook/"), let header = request.head.headers["Stripe-Signature"],
            let time = header.split(separator: ",").first?.dropFirst(2)
        else { return false }
        let key = Array(SimulatedWorld.webhookSecret.reveal().utf8)
        let digest = Digest.hmacSHA256(key: key, Array((time + ".").utf8) + request.body)
        return header.contains("v1=\(Hex.encode(digest))")
    }

    private static func signed(_ request: HTTPRequest, _ body: [UInt8], _ world: SimulatedWorld) -> HTTPRequest {
        let time = String(world.clock.now().epochSeconds)
        let key = Array(SimulatedWorld.webhookSecret.reveal().utf8)
        let digest = Digest.hmacSHA256(key: key, Array((time + ".").utf8) + body)
        var request = request
        request.body = body
        request.head.headers["Stripe-Signature"] = "t=\(time),v1=\(Hex.encode(digest))"
        return request
    }
}

extension SimulatedWorld {
    /// A text from the database itself; nil when there is none.
    fileprivate func text(_ sql: SQL) async -> String? {
        do {
            return try await database.read { tx in try tx.row(sql)?.textOrNil("text") }
        } catch {
            memory.violate("the books cannot be read: \(error)")
            return nil
        }
    }
}

extension JSONValue {
    /// Sets a member at a path of names.
    fileprivate mutating func set(_ path: ArraySlice<String>, to value: JSONValue) {
        guard let name = path.first else {
            self = value
            return
        }
        guard case .object(var object) = self else { return }
        var inner = object[name] ?? .null
        inner.set(path.dropFirst(), to: value)
        object[name] = inner
        self = .object(object)
    }

    fileprivate mutating func set(_ path: [String], to value: JSONValue) { set(path[...], to: value) }
}
