internal import HTML
internal import HTTP
internal import JSON
internal import Kernel
internal import KessaiAPI
internal import PageKit

/// The list of orders, with its filters.
struct OrdersPage: Sendable {
    let hall: Hall

    var routes: [Route] {
        [
            hall.get("/admin", "The start of the administration") { _ in PageResponse.redirect("/admin/orders") },
            hall.get("/admin/orders", "The orders", show),
        ]
    }

    private static let filters = ["status", "user", "number"]

    @Sendable private func show(_ visit: Visit) async throws -> HTTPResponse {
        // People write numbers as they see them: #27.
        let filter = Self.filters.map { name in
            (name: name, value: visit.query(name).map { name == "number" ? String($0.drop { $0 == "#" }) : $0 })
        }
        let page: APIList<AdminOrderResponse>
        var notice: HTML = .group([])
        var status = 200
        do {
            page = try await hall.api.get(
                "/api/admin/orders", filter + [("cursor", visit.query("cursor"))], for: visit)
        } catch let problem as Problem where problem.code == "invalid_input" {
            page = APIList([], nextCursor: nil)
            notice = Self.notice(problem, visit)
            status = 400
        }
        return PageResponse.page(
            visit, title: .orders, status: status,
            [
                .title(visit[.orders]), notice, form(visit), Self.table(page.data, visit),
                Pager.links("/admin/orders", filter, next: page.nextCursor, visit),
            ])
    }

    private static func notice(_ problem: Problem, _ visit: Visit) -> HTML {
        let names: [String: Text] = ["status": .statusWord, "user": .buyerQuery, "number": .number]
        let faults = problem.fields.map { fault in
            "\(names[fault.field].map { visit[$0] } ?? fault.field): \(visit[.of(fault)])"
        }
        return .element(
            "p", ["class": "notice bad", "role": "alert"], [.text(faults.joined(separator: " / "))])
    }

    private func form(_ visit: Visit) -> HTML {
        let isFiltered = Self.filters.contains { visit.query($0) != nil }
        return .search(
            "/admin/orders",
            [
                .field(
                    visit[.statusWord],
                    .choice(
                        "status",
                        [("", visit[.any])] + OrderResponse.statuses.map { ($0, visit[.status($0)]) },
                        chosen: visit.query("status") ?? "")),
                .field(visit[.buyerQuery], .textInput("user", visit.query("user") ?? "", max: 254)),
                .field(visit[.number], .textInput("number", visit.query("number") ?? "", numeric: true, max: 19)),
                .button(visit[.search]),
                isFiltered ? .link("/admin/orders", visit[.reset]) : .group([]),
            ])
    }

    private static func table(_ orders: [AdminOrderResponse], _ visit: Visit) -> HTML {
        if orders.isEmpty { return .quiet(visit[.nothing]) }
        return .table(
            [.number, .statusWord, .total, .refunded, .buyer, .placed, .paid].map { visit[$0] },
            orders.map { row in
                [
                    .link("/admin/orders/\(row.order.id)", "#\(row.order.number)"),
                    .group([
                        .status(row.order.status, visit.language),
                        row.order.disputed ? .element("span", ["class": "badge bad"], [.text(visit[.disputed])]) : "",
                    ]),
                    .money(row.order.total), row.order.refunded.amount > 0 ? .money(row.order.refunded) : .none,
                    BuyerLink.of(row.user, visit), .time(row.order.createdAt), .time(row.order.paidAt),
                ]
            }, numbers: [2, 3])
    }
}

/// A buyer, who leads to all of their orders.
enum BuyerLink {
    static func of(_ user: OrderUserDTO?, _ visit: Visit) -> HTML {
        guard let user else { return .element("span", ["class": "quiet"], [.text(visit[.noBuyer])]) }
        return .link("/admin/orders?user=\(PercentCoding.encode(user.id))", user.email?.secret.reveal() ?? user.id)
    }
}

/// The way to the other pages of a list.
enum Pager {
    static func links(
        _ path: String, _ filter: [(name: String, value: String?)], next: String?, _ visit: Visit
    ) -> HTML {
        let kept = filter.compactMap { name, value in value.map { "\(name)=\(PercentCoding.encode($0))" } }
        func address(_ more: [String]) -> String {
            let query = (kept + more).joined(separator: "&")
            return query.isEmpty ? path : "\(path)?\(query)"
        }
        return .element(
            "nav", ["class": "row"],
            [
                visit.query("cursor") == nil ? .group([]) : .link(address([]), "« " + visit[.first]),
                next.map { .link(address(["cursor=\(PercentCoding.encode($0))"]), visit[.next] + " »") } ?? .group([]),
            ])
    }
}
