import JSON

/// One operation of the API: where it is, what it takes, who may call it, and what it does.
struct Endpoint: Sendable {
    /// What it answers, which decides what may be expanded.
    enum Answer: Sendable {
        /// An object of that kind.
        case one(String)
        /// A page of them.
        case list(String)
    }

    /// Who may call it.
    enum Access: Sendable {
        /// Servers.
        case secretKey
        /// Also a client that knows the object's `client_secret`.
        case clientSecret
        /// Also any client.
        case publishableKey
    }

    typealias Run = @Sendable (inout SandboxState, Call) throws(StripeError) -> JSONValue

    let method: String
    /// The path with its ids in braces: `/v1/refunds/{refund}`.
    let path: String
    let answer: Answer
    var access: Access
    let parameters: [Parameter]
    let run: Run

    static func get(
        _ path: String, answers resource: String, access: Access = .secretKey, _ parameters: [Parameter] = [],
        run: @escaping Run
    ) -> Endpoint {
        Endpoint(
            method: "GET", path: path, answer: .one(resource), access: access, parameters: parameters + [.expand],
            run: run)
    }

    static func list(
        _ path: String, of resource: String, _ parameters: [Parameter] = [], run: @escaping Run
    ) -> Endpoint {
        Endpoint(
            method: "GET", path: path, answer: .list(resource), access: .secretKey,
            parameters: parameters + Parameter.paging + [.expand], run: run)
    }

    static func search(_ path: String, of resource: String, run: @escaping Run) -> Endpoint {
        let parameters = [.integer("limit"), .text("page"), Parameter.text("query").required, .expand]
        return Endpoint(
            method: "GET", path: path, answer: .list(resource), access: .secretKey, parameters: parameters, run: run)
    }

    static func post(
        _ path: String, answers resource: String, access: Access = .secretKey, _ parameters: [Parameter] = [],
        run: @escaping Run
    ) -> Endpoint {
        Endpoint(
            method: "POST", path: path, answer: .one(resource), access: access, parameters: parameters + [.expand],
            run: run)
    }

    static func delete(_ path: String, answers resource: String, run: @escaping Run) -> Endpoint {
        Endpoint(
            method: "DELETE", path: path, answer: .one(resource), access: .secretKey, parameters: [], run: run)
    }

    /// The ids of a path of this shape; nil when it has another.
    func ids(in path: String) -> [String]? {
        let wanted = self.path.split(separator: "/")
        let given = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard wanted.count == given.count else { return nil }
        var ids: [String] = []
        for (want, have) in zip(wanted, given) {
            if want.hasPrefix("{") {
                guard !have.isEmpty else { return nil }
                ids.append(String(have))
            } else if want != have {
                return nil
            }
        }
        return ids
    }
}

extension Endpoint {
    /// Every operation. Fixed paths stand before those with an id at the same place.
    static let all: [Endpoint] =
        customers + paymentMethods + paymentIntents + charges + refunds + disputes + balanceTransactions + products
        + prices
        + checkoutSessions + events + webhookEndpoints

    private static let bySegmentCount = Dictionary(grouping: all) { $0.path.split(separator: "/").count }

    /// The operation of a method and path, and the ids in the path.
    static func find(method: String, path: String) -> (endpoint: Endpoint, ids: [String])? {
        let count = path.split(separator: "/", omittingEmptySubsequences: false).count - 1
        for endpoint in bySegmentCount[count] ?? [] where endpoint.method == method {
            if let ids = endpoint.ids(in: path) { return (endpoint, ids) }
        }
        return nil
    }
}
