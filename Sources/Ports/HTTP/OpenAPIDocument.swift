private import Identity
public import JSON

/// The OpenAPI 3.1 document of routes: what is served is what is printed.
public enum OpenAPIDocument {
    /// The document as JSON.
    public static func make(routes: [Route], title: String, version: String, description: String) -> JSONValue {
        var components = JSONObject()
        var paths = JSONObject()
        for route in routes where route.listed {
            var item = paths[route.path]?.object ?? JSONObject()
            item[route.method.lowercased()] = operation(route, components: &components)
            paths[route.path] = .object(item)
        }
        let bearer: JSONValue = ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"]
        let signature: JSONValue = ["type": "apiKey", "in": "header", "name": "Stripe-Signature"]
        return [
            "openapi": "3.1.0",
            "info": ["title": .string(title), "version": .string(version), "description": .string(description)],
            "paths": .object(paths),
            "components": [
                "schemas": .object(components),
                "securitySchemes": ["bearer": bearer, "stripeSignature": signature],
            ],
        ]
    }

    private static func operation(_ route: Route, components: inout JSONObject) -> JSONValue {
        var operation: JSONObject = ["summary": .string(route.summary), "tags": [.string(route.tag)]]
        operation["operationId"] = .string(operationID(route))
        switch route.access {
        case .everyone: operation["security"] = []
        case .signature: operation["security"] = [["stripeSignature": []]]
        case .roles(let roles):
            operation["security"] = [["bearer": []]]
            operation["description"] = .string("For: " + roles.map(\.rawValue).sorted().joined(separator: ", "))
        }
        var parameters: [JSONValue] = []
        for part in route.path.split(separator: "/") where part.hasPrefix("{") {
            let name = String(part.dropFirst().dropLast())
            parameters.append([
                "name": .string(name), "in": "path", "required": true,
                "schema": route.names[name]?.document(components: &components) ?? ["type": "string"],
            ])
        }
        for query in route.queries {
            parameters.append([
                "name": .string(query.name), "in": "query", "required": false,
                "schema": query.schema.document(components: &components),
            ])
        }
        if route.method == "POST", case .storedAnswer = route.repeats {
            parameters.append([
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "A repeat with the same key and body returns the first answer.",
                "schema": ["type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]*$"],
            ])
        }
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let body = route.body {
            operation["requestBody"] = [
                "required": true,
                "content": ["application/json": ["schema": body.document(components: &components)]],
            ]
        } else if route.takesRawBody {
            operation["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": ["type": "object"]]],
            ]
        }
        operation["responses"] = .object(answers(route, components: &components))
        return .object(operation)
    }

    private static func answers(_ route: Route, components: inout JSONObject) -> JSONObject {
        var responses = JSONObject()
        for answer in route.answers {
            var response: JSONObject = ["description": .string(answer.meaning)]
            if let schema = answer.schema {
                let content: JSONValue = ["schema": schema.document(components: &components)]
                response["content"] = .object(JSONObject([(answer.mediaType, content)]))
            }
            responses[String(answer.status)] = .object(response)
        }
        if route.rateClass != .free {
            responses["429"] = rateLimited(beside: responses["429"], components: &components)
        }
        responses["default"] = [
            "description": "A problem; its code says which.",
            "content": ["application/problem+json": ["schema": Problem.schema.document(components: &components)]],
        ]
        return responses
    }

    /// What is said of 429 beside what a route says of it itself.
    private static func rateLimited(beside own: JSONValue?, components: inout JSONObject) -> JSONValue {
        let words = "rate_limited: too many requests in a short time; see Retry-After."
        return [
            "description": .string([own?["description"]?.string, words].compactMap { $0 }.joined(separator: " Or ")),
            "headers": ["Retry-After": ["description": "Seconds.", "schema": ["type": "integer", "minimum": 1]]],
            "content": ["application/problem+json": ["schema": Problem.schema.document(components: &components)]],
        ]
    }

    private static func operationID(_ route: Route) -> String {
        let words = route.path.split(whereSeparator: { "/{}_-.".contains($0) })
        return route.method.lowercased() + words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
