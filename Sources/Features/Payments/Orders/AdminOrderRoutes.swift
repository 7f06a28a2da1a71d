internal import Database
internal import HTTP
internal import HTTPModels
internal import Identity
public import JSON
internal import Kernel
internal import KessaiAPI

/// All orders, for operators: whose they are, and all that belongs to them (S3-NEXT-03).
struct AdminOrderRoutes: Sendable {
    let database: any Database
    let users: any UserDirectory
    let clock: any WallClock

    var routes: [Route] { [list, one, story] }

    /// What holds addresses of people stays in no cache.
    private static let unkept: HTTPHeaders = ["Cache-Control": "no-store"]

    private static let queries = [
        OrderPages.limit, OrderPages.cursor,
        Route.Query("status", .oneOf(OrderStatus.allCases.map(\.rawValue))),
        Route.Query("user", .described(.string(length: 3...254), "A user's id or e-mail address.")),
        Route.Query("number", .integer(1...Int64.max)),
    ]

    private var list: Route {
        Route(
            "GET", "/api/admin/orders", "All orders, newest first", tag: "Administration", access: .roles([.operator]),
            queries: Self.queries,
            answers: [.init(200, "A page of orders.", APIList<AdminOrderResponse>.self)]
        ) { context in
            let limit = OrderPages.limit(context)
            let before = try OrderPages.before(context)
            let status = context.query("status").flatMap { OrderStatus(rawValue: $0) }
            let number = context.query("number").flatMap { Int64($0) }
            let user = try context.query("user").map { try UserQuery($0) }
            let page = try await database.read { [users] tx -> APIList<AdminOrderResponse> in
                var filter = OrderFilter(status: status, number: number)
                if let user {
                    guard let id = try user.id(in: users, tx) else { return APIList([], nextCursor: nil) }
                    filter.userID = id
                }
                let orders = OrderRepository(tx: tx)
                // One more than asked for tells whether there are more.
                let found = try orders.page(filter, before: before, limit: limit + 1)
                let shown = Array(found.prefix(limit))
                let lines = try orders.lines(of: shown)
                let addresses = try users.addresses(ofUsers: shown.compactMap(\.userID), in: tx)
                let cursor = found.count > limit ? shown.last.map { String($0.number) } : nil
                return APIList(
                    shown.map { AdminOrderResponse($0, lines: lines[$0.id] ?? [], addresses: addresses) },
                    nextCursor: cursor)
            }
            return try .json(page, headers: Self.unkept)
        }
    }

    private var one: Route {
        Route(
            "GET", "/api/admin/orders/{id}", "An order and all that belongs to it, by id or number",
            tag: "Administration", access: .roles([.operator]),
            answers: [.init(200, "The order.", AdminOrderDetailResponse.self)]
        ) { context in
            let reference = try OrderReference.of(context.parameter("id"))
            guard let story = try await LifeStory.read(reference, from: database, clock: clock) else {
                throw PaymentError.orderNotFound
            }
            let response = try await database.read { [users] tx -> AdminOrderDetailResponse in
                let orders = OrderRepository(tx: tx)
                guard let order = try orders.find(reference) else { throw PaymentError.orderNotFound }
                let addresses = try users.addresses(ofUsers: [order.userID].compactMap { $0 }, in: tx)
                return AdminOrderDetailResponse(
                    AdminOrderResponse(
                        order, lines: try orders.lines(of: [order])[order.id] ?? [], addresses: addresses),
                    payments: try PaymentRepository(tx: tx).of(order.id).map {
                        PaymentResponse($0, orderNumber: order.number)
                    },
                    refunds: try RefundRepository(tx: tx).of(order.id).map { RefundResponse($0) },
                    reviews: try ReviewRepository(tx: tx).of(order.id).map { ReviewResponse($0) },
                    story: story.lines.map { StoryLineDTO($0) })
            }
            return try .json(response, headers: Self.unkept)
        }
    }

    private var story: Route {
        Route(
            "GET", "/api/admin/orders/{id}/story", "The life of an order, as a causal list", tag: "Administration",
            access: .roles([.operator]),
            answers: [.init(200, "The story.", .object([.required("lines", .array(.any))]))]
        ) { context in
            let reference = try OrderReference.of(context.parameter("id"))
            guard let story = try await LifeStory.read(reference, from: database, clock: clock) else {
                throw PaymentError.orderNotFound
            }
            return .json(["lines": .array(story.lines.map(\.json))])
        }
    }
}

/// Whose orders are asked for.
private enum UserQuery: Sendable {
    case id(String)
    case address(Redacted<String>)

    init(_ text: String) throws {
        if text.contains("@") {
            self = .address(Redacted(text))
        } else if let id = ID<UserQuery>(untrusted: text) {
            self = .id(id.rawValue)
        } else {
            throw Problem.invalidInput([
                FieldError(field: "user", code: "malformed", detail: "must be a user's id or e-mail address")
            ])
        }
    }

    func id(in users: any UserDirectory, _ tx: Transaction) throws -> String? {
        switch self {
        case .id(let id): id
        case .address(let address): try users.userID(ofAddress: address, in: tx)
        }
    }
}

extension AdminOrderResponse {
    init(_ order: Order, lines: [OrderLine], addresses: [String: Redacted<String>]) {
        self.init(
            OrderResponse(order, lines: lines),
            user: order.userID.map { id in
                OrderUserDTO(id: id, email: addresses[id].map { HiddenTextDTO($0) })
            })
    }
}

extension StoryLineDTO {
    init(_ line: LifeStory.Line) {
        self.init(
            at: TimeDTO(line.at), source: line.source, what: line.what, cause: line.cause,
            facts: Dictionary(line.facts.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last }))
    }
}

extension LifeStory.Line {
    /// The line as JSON.
    public var json: JSONValue {
        [
            "at": .string(at.rfc3339), "source": .string(source), "what": .string(what), "cause": .string(cause),
            "facts": .object(JSONObject(facts.map { ($0.name, .string($0.value)) })),
        ]
    }
}
