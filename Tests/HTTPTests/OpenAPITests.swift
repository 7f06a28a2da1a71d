import HTTP
import Identity
import JSON
import Testing

@Suite struct OpenAPITests {
    private static let line = Schema.named("Line", .object([.required("sku", .string(length: 1...9))]))
    private static let order = Schema.named(
        "Order",
        .object([
            .required("id", Schema.uuid), .required("total", Schema.money), .required("lines", .array(line)),
            .optional("paid_at", .nullable(Schema.time)),
            .optional("kind", .either([.oneOf(["a", "b"]), .integer()])),
            .optional("metadata", .dictionary(.string(length: 0...9))), .optional("extra", .any),
            .optional("open", .described(.boolean, "Whether it is open.")),
        ]))
    private static let routes: [Route] = [
        Route(
            "GET", "/orders/{id}", "Reads an order.", tag: "Orders", access: .authenticated,
            queries: [.init("expand", .boolean)], answers: [.init(200, "The order.", order), .init(304, "As before.")]
        ) { _ in .json(.null) },
        Route(
            "POST", "/orders", "Creates an order.", tag: "Orders", access: .roles([.buyer]),
            body: .object([.required("lines", .array(line))]), answers: [.init(201, "The order.", order)]
        ) { _ in .json(.null) },
        Route(
            "POST", "/hooks/stripe", "Takes an event.", tag: "Hooks", access: .signature, bodyBytesMax: 100,
            repeats: .harmless, answers: [.init(200, "Stored.")]
        ) { _ in .json(.null) },
        Route(
            "GET", "/orders/{id}/receipt", "The receipt.", tag: "Orders", access: .everyone,
            answers: [.init(200, "A page.", .string(), mediaType: "text/html")]
        ) { _ in .json(.null) },
        Route("GET", "/hidden", "A page.", tag: "Pages", access: .everyone, answers: [], listed: false) { _ in
            .json(.null)
        },
    ]
    private let document = OpenAPIDocument.make(routes: routes, title: "Kessai", version: "1", description: "Sells.")

    @Test func `it says which version and what it describes`() {
        #expect(document["openapi"] == "3.1.0")
        #expect(document["info"] == ["title": "Kessai", "version": "1", "description": "Sells."])
    }

    @Test func `every listed route is there and no other`() {
        #expect(
            document["paths"]?.object?.names == ["/orders/{id}", "/orders", "/hooks/stripe", "/orders/{id}/receipt"])
        for route in Self.routes where route.listed {
            let operation = document["paths"]?[route.path]?[route.method.lowercased()]
            #expect(operation?["summary"]?.string == route.summary)
            #expect(operation?["tags"] == [.string(route.tag)])
            #expect(operation?["responses"]?["default"] != nil)
        }
    }

    @Test(
        arguments: [
            (.string(), "^[^\\x00-\\x1f\\x7f]*$"), (.string(format: .password), "^[^\\x00-\\x1f\\x7f]*$"),
            (.string(multiline: true), "^[^\\x00-\\x09\\x0b-\\x1f\\x7f]*$"),
            (.word(length: 1...9, others: "-._"), "^[0-9A-Za-z._-]*$"), (.uuid, nil), (.string(format: .email), nil),
        ] as [(Schema, String?)])
    func `what text may consist of is a pattern`(schema: Schema, pattern: String?) {
        var components = JSONObject()
        #expect(schema.document(components: &components)["pattern"]?.string == pattern)
    }

    @Test func `a name of the path may have a form of its own`() {
        let route = Route(
            "GET", "/devices/{id}/{part}", "", tag: "", access: .everyone,
            names: ["id": .word(length: 2...3, others: "")], answers: []
        ) { _ in .json(.null) }
        let document = OpenAPIDocument.make(routes: [route], title: "", version: "", description: "")
        let parameters = document["paths"]?["/devices/{id}/{part}"]?["get"]?["parameters"]
        #expect(parameters?[0]?["schema"]?["pattern"] == "^[0-9A-Za-z]*$")
        #expect(parameters?[0]?["schema"]?["minLength"] == 2)
        #expect(parameters?[1]?["schema"] == ["type": "string"])
    }

    @Test func `every reference leads somewhere`() {
        var references: Set<String> = []
        func collect(_ value: JSONValue) {
            if let reference = value["$ref"]?.string { references.insert(reference) }
            value.object?.members.forEach { collect($0.value) }
            value.array?.forEach(collect)
        }
        collect(document)
        #expect(
            references == [
                "#/components/schemas/Order", "#/components/schemas/Line", "#/components/schemas/Money",
                "#/components/schemas/Problem",
            ])
        for reference in references {
            let name = reference.split(separator: "/").last.map(String.init) ?? ""
            #expect(document["components"]?["schemas"]?[name]?["type"] == "object")
        }
    }

    @Test func `operations have ids of their own`() {
        let operations = document["paths"]?.object?.members.flatMap { $0.value.object?.members ?? [] } ?? []
        let ids = operations.compactMap { $0.value["operationId"]?.string }
        #expect(ids == ["getOrdersId", "postOrders", "postHooksStripe", "getOrdersIdReceipt"])
        #expect(Set(ids).count == operations.count)
    }

    @Test func `parameters are those of the path, the query and the key`() {
        func names(_ path: String, _ method: String) -> [String] {
            (document["paths"]?[path]?[method]?["parameters"]?.array ?? []).map {
                "\($0["in"]?.string ?? "") \($0["name"]?.string ?? "") \($0["required"] == true)"
            }
        }
        #expect(names("/orders/{id}", "get") == ["path id true", "query expand false"])
        #expect(names("/orders", "post") == ["header Idempotency-Key false"])
        #expect(names("/hooks/stripe", "post") == [])
    }

    @Test func `who may call is said`() {
        func security(_ path: String, _ method: String) -> JSONValue? { document["paths"]?[path]?[method]?["security"] }
        #expect(security("/orders", "post") == [["bearer": []]])
        #expect(document["paths"]?["/orders"]?["post"]?["description"] == "For: buyer")
        #expect(document["paths"]?["/orders/{id}"]?["get"]?["description"] == "For: buyer, operator")
        #expect(security("/hooks/stripe", "post") == [["stripeSignature": []]])
        #expect(security("/orders/{id}/receipt", "get") == [])
        #expect(document["components"]?["securitySchemes"]?.object?.names == ["bearer", "stripeSignature"])
    }

    @Test func `bodies and answers are described by their schemas`() {
        let create = document["paths"]?["/orders"]?["post"]
        let body = create?["requestBody"]?["content"]?["application/json"]?["schema"]
        #expect(body?["required"] == ["lines"])
        #expect(body?["additionalProperties"] == false)
        #expect(
            create?["responses"]?["201"]?["content"]?["application/json"]?["schema"]?["$ref"]
                == "#/components/schemas/Order")
        let hook = document["paths"]?["/hooks/stripe"]?["post"]
        #expect(hook?["requestBody"]?["content"]?["application/json"]?["schema"] == ["type": "object"])
        #expect(hook?["responses"]?["200"]?["content"] == nil)
        let receipt = document["paths"]?["/orders/{id}/receipt"]?["get"]
        #expect(receipt?["responses"]?["200"]?["content"]?.object?.names == ["text/html"])
        #expect(
            create?["responses"]?["default"]?["content"]?["application/problem+json"]?["schema"]?["$ref"]
                == "#/components/schemas/Problem")
    }

    @Test func `a schema reads as it checks`() {
        let order = document["components"]?["schemas"]?["Order"]?["properties"]
        #expect(order?["id"] == ["type": "string", "minLength": 36, "maxLength": 36, "format": "uuid"])
        #expect(order?["paid_at"]?["anyOf"]?[1] == ["type": "null"])
        #expect(order?["kind"]?["anyOf"]?[0] == ["type": "string", "enum": ["a", "b"]])
        #expect(order?["open"] == ["type": "boolean", "description": "Whether it is open."])
        #expect(order?["extra"] == [:])
        #expect(order?["metadata"]?["additionalProperties"]?["maxLength"] == 9)
        #expect(order?["lines"]?["maxItems"] == 1000)
        #expect(document["components"]?["schemas"]?["Money"]?["required"] == ["amount", "currency"])
    }
}
