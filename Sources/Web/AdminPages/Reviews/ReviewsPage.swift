internal import HTML
internal import HTTP
internal import JSON
internal import Kernel
internal import KessaiAPI
internal import PageKit

/// Payments that need a decision, and deciding.
struct ReviewsPage: Sendable {
    let hall: Hall

    var routes: [Route] {
        [
            hall.get("/admin/reviews", "The reviews", show),
            hall.get("/admin/reviews/{id}/resolve", "Asks what was decided", ask),
            hall.post("/admin/reviews/{id}/resolve", "Closes a review", resolve),
        ]
    }

    @Sendable private func show(_ visit: Visit) async throws -> HTTPResponse {
        // What no filter of ours names is taken as not asked for.
        let status = visit.query("status").flatMap { ["open", "resolved", "all"].contains($0) ? $0 : nil } ?? "open"
        let kind = visit.query("kind").flatMap { kind in Text.reviewKinds.first { $0.value == kind }?.value }
        let filter: [(name: String, value: String?)] = [("status", status), ("kind", kind)]
        let page = try await hall.api.get(
            "/api/admin/reviews", filter + [("cursor", visit.query("cursor"))], as: APIList<ReviewResponse>.self,
            for: visit)
        return PageResponse.page(
            visit, title: .reviews,
            [
                .title(visit[.reviews]),
                .search(
                    "/admin/reviews",
                    [
                        .field(
                            visit[.statusWord],
                            .choice(
                                "status",
                                [("open", visit[.open]), ("resolved", visit[.resolved]), ("all", visit[.any])],
                                chosen: status)),
                        .field(
                            visit[.kind],
                            .choice(
                                "kind", [("", visit[.any])] + Text.reviewKinds.map { ($0.value, visit[$0.text]) },
                                chosen: kind ?? "")),
                        .button(visit[.search]),
                    ]),
                page.data.isEmpty ? .quiet(visit[.nothing]) : ReviewTable.of(page.data, namesOrder: true, visit),
                Pager.links("/admin/reviews", filter, next: page.nextCursor, visit),
            ])
    }

    @Sendable private func ask(_ visit: Visit) async throws -> HTTPResponse {
        PageResponse.page(
            visit, title: visit[.resolveTitle], at: .reviews,
            [
                .title(visit[.resolveTitle]),
                .facts(
                    [(visit[.id], .code(visit.context.parameter("id")))]
                        + (Self.order(visit).map { [(visit[.order], .link("/admin/orders/\($0)", "#\($0)"))] } ?? [])),
                .element("p", [:], [.text(visit[.resolveNote])]),
                .action(
                    "/admin/reviews/\(visit.encodedID)/resolve", visit,
                    [
                        .field(
                            visit[.note],
                            .element("textarea", ["name": "note", "maxlength": "500", "required": ""], [])),
                        .button(visit[.doResolve]),
                    ]),
                .element("p", [:], [.link("/admin/reviews", visit[.back])]),
            ])
    }

    /// The order that the list has named, so that the way to its refund is short; nothing is decided by it.
    private static func order(_ visit: Visit) -> Int64? { visit.query("order").flatMap { Int64($0) } }

    @Sendable private func resolve(_ visit: Visit) async throws -> HTTPResponse {
        try await Outcome.of(leadingTo: "/admin/reviews") {
            try await hall.api.post(
                "/api/admin/reviews/\(visit.encodedID)/resolve", ["note": .string(visit.form.lines("note") ?? "")],
                for: visit)
            return "resolved"
        }
    }
}

/// Reviews as a table.
enum ReviewTable {
    static func of(_ reviews: [ReviewResponse], namesOrder: Bool, _ visit: Visit) -> HTML {
        .table(
            [.raised, .kind, namesOrder ? .order : .id, .intent, .statusWord].map { visit[$0] },
            reviews.map { review in
                [
                    .time(review.createdAt), .text(visit[.reviewKind(review.kind)]),
                    namesOrder
                        ? .link("/admin/orders/\(review.orderID)", "#\(review.orderNumber)") : .code(review.id),
                    .code(review.paymentIntentID), state(review, visit),
                ]
            })
    }

    private static func state(_ review: ReviewResponse, _ visit: Visit) -> HTML {
        guard let at = review.resolvedAt else {
            return .link("/admin/reviews/\(review.id)/resolve?order=\(review.orderNumber)", visit[.resolve])
        }
        return .group([.time(at), " ", .text(review.note ?? "")])
    }
}
