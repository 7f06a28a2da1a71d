internal import Database
internal import HTTP
internal import HTTPModels
internal import Identity
internal import JSON
internal import Kernel
internal import KessaiAPI

/// What an operator must decide.
struct ReviewRoutes: Sendable {
    let database: any Database
    let service: ReviewService

    var routes: [Route] { [list, resolve] }

    private var list: Route {
        Route(
            "GET", "/api/admin/reviews", "Payments that need a decision, oldest first; decided ones, newest first",
            tag: "Administration", access: .roles([.operator]),
            queries: [
                .init("limit", .integer(1...100)), .init("cursor", .uuid),
                .init("status", .oneOf(ReviewFilter.Status.allCases.map(\.rawValue))),
                .init("kind", .oneOf(ReviewKind.allCases.map(\.rawValue))),
            ], answers: [.init(200, "A page of reviews; open ones unless asked.", APIList<ReviewResponse>.self)]
        ) { context in
            let limit = context.query("limit").flatMap { Int($0) } ?? 20
            let cursor = context.query("cursor")
            let filter = ReviewFilter(
                status: context.query("status").flatMap { .init(rawValue: $0) } ?? .open,
                kind: context.query("kind").flatMap { ReviewKind(rawValue: $0) })
            let found = try await database.read { tx -> [Review] in
                let reviews = ReviewRepository(tx: tx)
                return try reviews.page(filter, after: try cursor.map { try Self.last($0, reviews) }, limit: limit + 1)
            }
            let shown = found.prefix(limit)
            return try .json(
                APIList(shown.map { ReviewResponse($0) }, nextCursor: found.count > limit ? shown.last?.id : nil))
        }
    }

    private static func last(_ cursor: String, _ reviews: ReviewRepository) throws -> Review {
        guard let id = ID<Review>(untrusted: cursor), let review = try reviews.find(id.rawValue) else {
            throw Problem.invalidInput([
                FieldError(field: "cursor", code: "malformed", detail: "is not a cursor of this list")
            ])
        }
        return review
    }

    private var resolve: Route {
        Route(
            "POST", "/api/admin/reviews/{id}/resolve", "Close a review whose money has gone back",
            tag: "Administration", access: .roles([.operator]), body: ResolveReviewRequest.schema,
            answers: [.init(200, "The resolved review.", ReviewResponse.schema)]
        ) { context in
            let principal = try context.authenticated()
            let request = try ResolveReviewRequest(validated: context.json)
            let review = try await service.resolve(
                context.parameter("id"), note: request.note, by: principal, cause: .request(context.requestID))
            return .json(try ReviewResponse(review).jsonValue())
        }
    }
}

extension ReviewResponse {
    init(_ review: Review) {
        self.init(
            id: review.id, orderID: review.orderID.rawValue, orderNumber: review.orderNumber, kind: review.kind,
            paymentIntentID: review.paymentIntentID,
            createdAt: TimeDTO(review.createdAt), resolvedAt: review.resolvedAt.map { TimeDTO($0) },
            note: review.note)
    }
}
