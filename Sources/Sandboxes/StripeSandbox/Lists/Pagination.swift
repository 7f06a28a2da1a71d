import JSON

extension SandboxState {
    /// A page of a table, newest first. Throws for a bad limit, both cursors, or a cursor that names nothing.
    func page<Element: StripeObject>(
        of table: ObjectTable<Element>, _ call: Call, where keep: (Element) -> Bool = { _ in true }
    ) throws(StripeError) -> JSONValue {
        let limit = try Self.limit(call)
        let after = call.parameters.string("starting_after")
        let before = call.parameters.string("ending_before")
        if after != nil && before != nil {
            throw .invalidRequest(
                "You may only specify one of these parameters: starting_after, ending_before.",
                code: "parameters_exclusive", param: "ending_before")
        }
        for (param, cursor) in [("starting_after", after), ("ending_before", before)] {
            if let cursor, table[cursor] == nil { throw .missing(Element.objectName, cursor, param: param) }
        }
        let created = CreatedFilter(call.parameters["created"])
        var found: [Element] = []
        var isOpen = after == nil
        for element in table.newestFirst {
            if element.id == before { break }
            if element.id == after {
                isOpen = true
                continue
            }
            guard isOpen, created.keeps(element.created), keep(element) else { continue }
            found.append(element)
            // Before a cursor the nearest count, so all up to it are collected.
            if before == nil && found.count > limit { break }
        }
        let hasMore = found.count > limit
        let page = before == nil ? found.prefix(limit) : found.suffix(limit)
        return .object(Self.list(page.map { .object($0.json) }, url: call.path, hasMore: hasMore))
    }

    /// Stripe's envelope of a list.
    static func list(_ data: [JSONValue], url: String, hasMore: Bool = false) -> JSONObject {
        ["object": "list", "data": .array(data), "has_more": .bool(hasMore), "url": .string(url)]
    }

    /// How many a page may have: 1 to 100, 10 if not said.
    static func limit(_ call: Call) throws(StripeError) -> Int {
        guard let limit = call.parameters.int("limit") else { return 10 }
        guard (1...100).contains(limit) else {
            throw .invalidRequest(
                "Invalid limit: must be between 1 and 100.", code: "parameter_invalid_integer", param: "limit")
        }
        return Int(limit)
    }
}

/// A moment or a span of them.
struct CreatedFilter {
    private let value: JSONValue?

    init(_ value: JSONValue?) { self.value = value }

    func keeps(_ created: Int64) -> Bool {
        guard let value else { return true }
        if let exact = value.int { return created == exact }
        if let bound = value["gt"]?.int, created <= bound { return false }
        if let bound = value["gte"]?.int, created < bound { return false }
        if let bound = value["lt"]?.int, created >= bound { return false }
        if let bound = value["lte"]?.int, created > bound { return false }
        return true
    }
}
