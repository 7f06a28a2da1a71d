import JSON

/// Answers references in full.
enum Expansion {
    static let levelsMax = 4

    /// What a field refers to.
    enum Target: Sendable {
        /// An object of the sandbox.
        case resource(String)
        /// An object that the sandbox never has; the field is always null.
        case nothing
        /// A list that is left out unless asked for.
        case included(String)
    }

    /// Which fields of which kind may be expanded. Source: `x-expands-to` of the API's description.
    private static let targets: [String: [String: Target]] = [
        "customer": [
            "default_source": .nothing, "invoice_settings.default_payment_method": .resource("payment_method"),
            "sources": .included("source"), "tax_ids": .included("tax_id"), "test_clock": .nothing,
        ],
        "payment_method": ["customer": .resource("customer")],
        "payment_intent": [
            "application": .nothing, "customer": .resource("customer"), "latest_charge": .resource("charge"),
            "on_behalf_of": .nothing, "payment_method": .resource("payment_method"), "review": .nothing,
            "last_payment_error.payment_method.customer": .resource("customer"),
        ],
        "charge": [
            "application": .nothing, "balance_transaction": .resource("balance_transaction"),
            "customer": .resource("customer"), "failure_balance_transaction": .resource("balance_transaction"),
            "on_behalf_of": .nothing, "payment_intent": .resource("payment_intent"), "refunds": .included("refund"),
            "review": .nothing, "source_transfer": .nothing, "transfer": .nothing,
        ],
        "refund": [
            "balance_transaction": .resource("balance_transaction"), "charge": .resource("charge"),
            "customer": .resource("customer"), "failure_balance_transaction": .resource("balance_transaction"),
            "payment_intent": .resource("payment_intent"), "payment_method": .resource("payment_method"),
            "source_transfer_reversal": .nothing, "transfer_reversal": .nothing,
        ],
        "dispute": ["charge": .resource("charge"), "payment_intent": .resource("payment_intent")],
        "balance_transaction": ["source": .resource("")],
        "product": ["default_price": .resource("price"), "tax_code": .nothing],
        "price": ["currency_options": .nothing, "product": .resource("product"), "tiers": .nothing],
        "item": ["discounts": .nothing, "price.product": .resource("product"), "taxes": .nothing],
        "checkout.session": [
            "customer": .resource("customer"), "invoice": .nothing, "line_items": .included("item"),
            "payment_intent": .resource("payment_intent"), "payment_link": .nothing, "setup_intent": .nothing,
            "subscription": .nothing, "total_details.breakdown": .nothing,
        ],
    ]

    /// One way into an answer: the fields to follow, and what is found at the end of each.
    struct Path: Sendable {
        fileprivate let steps: [(field: [String], target: Target)]
    }

    /// Checks the wanted paths against the kind of answer. Throws for unknown paths and too many levels.
    static func paths(_ wanted: [String], in answer: Endpoint.Answer) throws(StripeError) -> [Path] {
        var paths: [Path] = []
        for (index, text) in wanted.enumerated() {
            var words = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)[...]
            let resource: String
            switch answer {
            case .one(let name): resource = name
            case .list(let name):
                resource = name
                guard words.first == "data", words.count > 1 else {
                    throw refusal("This property cannot be expanded (\(text)). Try 'data.\(text)'.", index)
                }
                words.removeFirst()
            }
            guard words.count <= levelsMax else {
                throw refusal("You cannot expand more than \(levelsMax) levels of a property (\(text)).", index)
            }
            guard let steps = steps(words, in: resource) else {
                throw refusal("This property cannot be expanded (\(text)).", index)
            }
            paths.append(Path(steps: steps))
        }
        return paths
    }

    private static func steps(_ words: ArraySlice<String>, in resource: String) -> [(field: [String], target: Target)]?
    {
        if words.isEmpty { return [] }
        for (field, target) in targets[resource] ?? [:] {
            let names = field.split(separator: ".").map(String.init)
            guard words.starts(with: names) else { continue }
            let rest = words.dropFirst(names.count)
            switch target {
            case .nothing: return rest.isEmpty ? [(names, target)] : nil
            case .resource(let next): return Self.steps(rest, in: next).map { [(names, target)] + $0 }
            case .included(let next):
                if rest.isEmpty { return [(names, target)] }
                guard rest.first == "data" else { return nil }
                return Self.steps(rest.dropFirst(), in: next).map { [(names, target)] + $0 }
            }
        }
        return nil
    }

    private static func refusal(_ message: String, _ index: Int) -> StripeError {
        .invalidRequest(message, param: "expand[\(index)]")
    }
}

extension SandboxState {
    /// The answer with the references on these paths in full.
    func expand(_ answer: JSONValue, _ paths: [Expansion.Path], in kind: Endpoint.Answer) -> JSONValue {
        guard !paths.isEmpty, case .object(var object) = answer else { return answer }
        if case .list = kind {
            let data = object["data"]?.array ?? []
            object["data"] = .array(data.map { expand($0, paths) })
            return .object(object)
        }
        return expand(answer, paths)
    }

    private func expand(_ value: JSONValue, _ paths: [Expansion.Path]) -> JSONValue {
        paths.reduce(value) { expand($0, $1.steps[...]) }
    }

    private func expand(_ value: JSONValue, _ steps: ArraySlice<(field: [String], target: Expansion.Target)>)
        -> JSONValue
    {
        guard let step = steps.first, case .object(let object) = value else { return value }
        return .object(replace(step.field[...], in: object, of: object, step.target, steps.dropFirst()))
    }

    private func replace(
        _ field: ArraySlice<String>, in object: JSONObject, of owner: JSONObject, _ target: Expansion.Target,
        _ rest: ArraySlice<(field: [String], target: Expansion.Target)>
    ) -> JSONObject {
        guard let name = field.first else { return object }
        var changed = object
        if field.count > 1 {
            if case .object(let inner) = object[name] {
                changed[name] = .object(replace(field.dropFirst(), in: inner, of: owner, target, rest))
            }
            return changed
        }
        switch target {
        case .nothing: break
        case .resource(let resource):
            if let id = object[name]?.string, let found = referred(resource, id) {
                changed[name] = expand(.object(found), rest)
            } else if let already = object[name], already.object != nil {
                changed[name] = expand(already, rest)
            }
        case .included(let resource):
            if case .object(var list) = object[name] {
                list["data"] = .array((list["data"]?.array ?? []).map { expand($0, rest) })
                changed[name] = .object(list)
            } else {
                changed[name] = included(resource, of: owner, as: name, rest)
            }
        }
        return changed
    }

    /// A reference may name objects of several kinds; then the id itself says which.
    private func referred(_ resource: String, _ id: String) -> JSONObject? {
        if !resource.isEmpty { return object(resource, id) }
        return [Charge.objectName, Refund.objectName, Dispute.objectName].lazy.compactMap { object($0, id) }.first
    }

    private func included(
        _ resource: String, of owner: JSONObject, as name: String,
        _ rest: ArraySlice<(field: [String], target: Expansion.Target)>
    ) -> JSONValue {
        let id = owner["id"]?.string ?? ""
        let kind = owner["object"]?.string ?? ""
        var data: [JSONValue] = []
        var hasMore = false
        if resource == Refund.objectName {
            let all = refunds.newestFirst.filter { $0.charge == id }
            data = all.prefix(10).map { expand(.object($0.json), rest) }
            hasMore = all.count > 10
        }
        if resource == CheckoutItem.objectName {
            let all = checkoutSessions[id]?.items ?? []
            data = all.prefix(10).map { expand(.object($0.json), rest) }
            hasMore = all.count > 10
        }
        let path = kind.replacing(".", with: "/")
        return .object(Self.list(data, url: "/v1/\(path)s/\(id)/\(name)", hasMore: hasMore))
    }
}
