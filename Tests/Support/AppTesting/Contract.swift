internal import HTTP
internal import JSON
internal import Synchronization

/// Holds every answer of the application against the OpenAPI document that it serves, by a reading of JSON Schema of
/// the tests' own: whoever reads the document can rely on it.
public final class Contract: Sendable {
    private struct Operation: Sendable {
        let method: String
        let path: String
        let segments: [Substring]
        let responses: JSONValue
    }
    private let operations: [Operation]
    private let checker: SchemaChecker
    private let seen = Mutex<Set<String>>([])

    init(document: JSONValue) {
        checker = SchemaChecker(document: document)
        operations = (document["paths"]?.object?.members ?? []).flatMap { path, item in
            (item.object?.members ?? []).map { method, operation in
                Operation(
                    method: method.uppercased(), path: path,
                    segments: path.split(separator: "/"), responses: operation["responses"] ?? .null)
            }
        }
    }

    /// The answers that were met: `POST /api/orders 201`.
    public var met: Set<String> { seen.withLock { $0 } }

    /// The answers that the document names, problems left out.
    public var promised: Set<String> {
        Set(
            operations.flatMap { operation in
                (operation.responses.object?.names ?? []).filter { $0 < "4" }.map {
                    "\(operation.method) \(operation.path) \($0)"
                }
            })
    }

    /// What is wrong with an answer; empty when it is as the document says, and for pages, which are not in it.
    func faults(of response: HTTPResponse, to head: HTTPRequestHead) -> [String] {
        guard head.method != "HEAD" else { return [] }
        // Pages are for people: a refusal is a page too.
        let isPage = ["/admin", "/device"].contains { head.path.hasPrefix($0) }
        if isPage, response.headers["Content-Type"]?.hasPrefix("text/html") == true { return [] }
        if response.status >= 400 { return problemFaults(response, head) + noted(response, head) }
        return noted(response, head)
    }

    private func noted(_ response: HTTPResponse, _ head: HTTPRequestHead) -> [String] {
        guard let operation = find(head) else { return [] }
        let name = "\(operation.method) \(operation.path) \(response.status)"
        seen.withLock { _ = $0.insert(name) }
        guard let declared = operation.responses[String(response.status)] else {
            return response.status >= 400 ? [] : ["\(name) is not in the document"]
        }
        return declared["content"] == nil ? [] : contentFaults(response, declared, name)
    }

    private func problemFaults(_ response: HTTPResponse, _ head: HTTPRequestHead) -> [String] {
        let name = "\(head.method) \(head.path) \(response.status)"
        let schema: JSONValue = ["$ref": "#/components/schemas/Problem"]
        var faults = contentFaults(
            response, ["content": ["application/problem+json": ["schema": schema]]], name)
        // What is not JSON was told above.
        let problem = (try? JSONValue(parsing: response.body)) ?? .null
        if problem["request_id"]?.string != head.requestID { faults.append("\(name): request_id is not the request's") }
        if problem["status"]?.int != Int64(response.status) { faults.append("\(name): the status differs") }
        let code = problem["code"]?.string ?? ""
        if code.isEmpty || !code.utf8.allSatisfy({ (0x61...0x7A).contains($0) || $0 == 0x5F }) {
            faults.append("\(name): the code is no word")
        }
        return faults
    }

    private func contentFaults(_ response: HTTPResponse, _ declared: JSONValue, _ name: String) -> [String] {
        let type = response.headers["Content-Type"] ?? ""
        guard let schema = declared["content"]?[type]?["schema"] else { return ["\(name): a body of type '\(type)'"] }
        do throws(JSONError) {
            let value = try JSONValue(parsing: response.body)
            return checker.faults(in: value, by: schema).map { "\(name): \($0)" }
        } catch {
            return ["\(name): the body is not JSON"]
        }
    }

    private func find(_ head: HTTPRequestHead) -> Operation? {
        let segments = head.path.split(separator: "/")
        return operations.filter { operation in
            operation.method == head.method && operation.segments.count == segments.count
                && zip(operation.segments, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }.max { $0.segments.count { !$0.hasPrefix("{") } < $1.segments.count { !$0.hasPrefix("{") } }
    }
}
