internal import HTTP
internal import Identity
internal import Kernel
internal import KessaiAPI

/// What an operator must decide.
struct ReviewRoutes: Sendable {
    let service: ReviewService

    var routes: [Route] { [list, resolve] }

    private var list: Route {
        Route(
            "GET", "/api/admin/reviews", "Payments that need a decision, oldest first", tag: "Administration",
            access: .roles([.operator]), answers: [.init(200, "Open reviews.", APIList<ReviewResponse>.schema)]
        ) { _ in
            .json(try APIList(try await service.open().map { ReviewResponse($0) }, nextCursor: nil).jsonValue())
        }
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
            id: review.id, orderID: review.orderID.rawValue, kind: review.kind, paymentIntentID: review.sourceID,
            createdAt: TimeDTO(review.createdAt), resolvedAt: review.resolvedAt.map { TimeDTO($0) },
            note: review.note)
    }
}
