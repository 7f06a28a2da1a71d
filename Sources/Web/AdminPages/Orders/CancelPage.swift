internal import HTML
internal import HTTP
internal import Kernel
internal import KessaiAPI
internal import PageKit

/// Cancels an unpaid order, once it was asked whether it is meant.
struct CancelPage: Sendable {
    let hall: Hall

    var routes: [Route] {
        [
            hall.get("/admin/orders/{id}/cancel", "Asks whether to cancel an order", ask),
            hall.post("/admin/orders/{id}/cancel", "Cancels an order", cancel),
        ]
    }

    @Sendable private func ask(_ visit: Visit) async throws -> HTTPResponse {
        let detail = try await hall.api.get(
            "/api/admin/orders/\(visit.encodedID)", as: AdminOrderDetailResponse.self, for: visit)
        let order = detail.order.order
        return PageResponse.page(
            visit, title: visit[.cancelTitle], at: .orders,
            [
                .title(visit[.cancelTitle]),
                .facts([
                    (visit[.order], .link("/admin/orders/\(order.id)", "#\(order.number)")),
                    (visit[.statusWord], .status(order.status, visit.language)), (visit[.total], .money(order.total)),
                    (visit[.buyer], BuyerLink.of(detail.order.user, visit)),
                ]),
                .element("p", [:], [.text(visit[.cancelNote])]),
                .action("/admin/orders/\(order.id)/cancel", visit, [.button(visit[.doCancel], isGrave: true)]),
                .element("p", [:], [.link("/admin/orders/\(order.id)", visit[.back])]),
            ])
    }

    @Sendable private func cancel(_ visit: Visit) async throws -> HTTPResponse {
        let page = "/admin/orders/\(visit.encodedID)"
        return try await Outcome.of(leadingTo: page) {
            let order = try OrderResponse(
                validated: await hall.api.post("/api/orders/\(visit.encodedID)/cancel", nil, for: visit))
            return order.status == "canceled" ? "canceled" : "canceling"
        }
    }
}

/// Where a form leads once it is done: to a page that tells in a sentence what became of it.
enum Outcome {
    /// Does `action`, which returns a word of ``Text/done``. A second click while the first is still under way is told so.
    static func of(leadingTo page: String, _ action: () async throws -> String) async throws -> HTTPResponse {
        do {
            return PageResponse.redirect("\(page)?done=\(try await action())")
        } catch let problem as Problem where problem.code == "idempotency_key_in_use" {
            return PageResponse.redirect("\(page)?done=underway")
        }
    }
}
