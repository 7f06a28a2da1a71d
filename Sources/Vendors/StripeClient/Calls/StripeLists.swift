public import JSON

extension StripeList {
    /// The elements of a search's answer, which has pages of another kind.
    static func elements(json: JSONValue) throws(StripeShapeError) -> [Element] { try Self(json: json).data }

    /// Reads a list.
    public init(json: JSONValue) throws(StripeShapeError) {
        guard let elements = json["data"]?.array else {
            throw StripeShapeError(object: "list", field: "data", problem: json["data"] == nil ? .missing : .wrongType)
        }
        var data: [Element] = []
        data.reserveCapacity(elements.count)
        for element in elements { data.append(try Element(json: element)) }
        self.init(data: data, hasMore: json["has_more"]?.bool ?? false)
    }
}

extension StripeForm {
    /// A search for one metadata value, quoted as Stripe's query language asks.
    static func search(metadata key: String, _ value: String, _ limit: Int) -> StripeForm {
        var form = StripeForm()
        form.add("query", "metadata[\"\(quoted(key))\"]:\"\(quoted(value))\"")
        form.add("limit", Int64(min(max(limit, 1), 100)))
        return form
    }

    private static func quoted(_ text: String) -> String {
        var quoted = ""
        for character in text {
            if character == "\"" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted
    }
}
