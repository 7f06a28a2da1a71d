internal import HTML
internal import HTTP
internal import Kernel
internal import KessaiAPI
internal import PageKit

/// An order with all that belongs to it, and what can be done about it.
struct OrderPage: Sendable {
    let hall: Hall

    var routes: [Route] { [hall.get("/admin/orders/{id}", "An order", show)] }

    @Sendable private func show(_ visit: Visit) async throws -> HTTPResponse {
        let detail = try await hall.api.get(
            "/api/admin/orders/\(visit.encodedID)", as: AdminOrderDetailResponse.self, for: visit)
        let order = detail.order.order
        let title = "\(visit[.order]) #\(order.number)"
        return PageResponse.page(
            visit, title: title, at: .orders,
            [
                .title(title), Self.facts(detail.order, visit), Self.actions(detail, visit),
                .heading(visit[.lines]), Self.lines(order, visit),
                .heading(visit[.payments]), Self.payments(detail.payments, visit),
                .heading(visit[.refunds]), Self.refunds(detail.refunds, visit),
                detail.reviews.isEmpty
                    ? .group([])
                    : .group([.heading(visit[.reviews]), ReviewTable.of(detail.reviews, namesOrder: false, visit)]),
                .heading(visit[.story]), StoryList.of(detail.story),
            ])
    }

    private static func facts(_ row: AdminOrderResponse, _ visit: Visit) -> HTML {
        let order = row.order
        var facts: [(name: String, value: HTML)] = [
            (visit[.statusWord], .status(order.status, visit.language)), (visit[.total], .money(order.total)),
            (visit[.refunded], .money(order.refunded)), (visit[.buyer], BuyerLink.of(row.user, visit)),
            (visit[.placed], .time(order.createdAt)), (visit[.paid], .time(order.paidAt)),
            (visit[.disputed], .text(visit[order.disputed ? .yes : .no])), (visit[.id], .code(order.id)),
        ]
        if ["pending", "awaiting_payment"].contains(order.status) {
            facts.append((visit[.expires], .time(order.expiresAt)))
        }
        if let since = order.cancelRequestedAt, order.canceledAt == nil {
            facts.append((visit[.cancelRequested], .time(since)))
        }
        if let at = order.canceledAt { facts.append((visit[.canceledAt], .time(at))) }
        return .facts(facts)
    }

    private static func actions(_ detail: AdminOrderDetailResponse, _ visit: Visit) -> HTML {
        var actions: [HTML] = []
        let path = "/admin/orders/\(detail.order.order.id)"
        if Refundable.of(detail).contains(where: { $0.leftMinor > 0 }) {
            actions.append(.element("a", ["class": "act", "href": "\(path)/refund"], [.text(visit[.refundOrder])]))
        }
        if ["pending", "awaiting_payment"].contains(detail.order.order.status) {
            actions.append(
                .element("a", ["class": "act grave", "href": "\(path)/cancel"], [.text(visit[.cancelOrder])]))
        }
        return actions.isEmpty ? .group([]) : .element("div", ["class": "row"], actions)
    }

    private static func lines(_ order: OrderResponse, _ visit: Visit) -> HTML {
        .table(
            [.product, .unitPrice, .quantity, .amount].map { visit[$0] },
            order.items.map { line in
                [
                    .group([.text(line.description), " ", .code(line.productID)]), .money(line.unitAmount),
                    .text(String(line.quantity)), .money(line.amount),
                ]
            }, numbers: [1, 2, 3])
    }

    private static func payments(_ payments: [PaymentResponse], _ visit: Visit) -> HTML {
        if payments.isEmpty { return .quiet(visit[.nothing]) }
        return .table(
            [.time, .amount, .applied, .intent, .charge].map { visit[$0] },
            payments.map { payment in
                [
                    .time(payment.createdAt), .money(payment.amount), PaymentBadge.of(payment, visit),
                    .code(payment.paymentIntentID), payment.chargeID.map { .code($0) } ?? .none,
                ]
            }, numbers: [1])
    }

    private static func refunds(_ refunds: [RefundResponse], _ visit: Visit) -> HTML {
        if refunds.isEmpty { return .quiet(visit[.nothing]) }
        return .table(
            [.time, .amount, .statusWord, .reason, .stripeRefund].map { visit[$0] },
            refunds.map { refund in
                [
                    .time(refund.createdAt), .money(refund.amount), .text(visit[.refundStatus(refund.status)]),
                    .text(visit[.reason(refund.reason)]), refund.stripeRefundID.map { .code($0) } ?? .none,
                ]
            }, numbers: [1])
    }
}

/// The life of an order, line by line, in the words of `kessai why`.
enum StoryList {
    static func of(_ story: [StoryLineDTO]) -> HTML {
        .element(
            "ol", ["class": "story"],
            story.map { line in
                .element(
                    "li", [:],
                    [
                        .element(
                            "div", [:],
                            [
                                .time(line.at, seconds: true), " ",
                                .element("span", ["class": "badge past"], [.text(line.source)]),
                                " ", .element("strong", [:], [.text(line.what)]),
                            ]),
                        .element(
                            "p", ["class": "quiet"],
                            [
                                .text(
                                    ([line.cause]
                                        + line.facts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
                                        .filter { !$0.isEmpty }.joined(separator: " · "))
                            ]),
                    ])
            })
    }
}

/// Whether a payment paid its order, or is owed back.
enum PaymentBadge {
    static func of(_ payment: PaymentResponse, _ visit: Visit) -> HTML {
        .element(
            "span", ["class": payment.applied ? "badge good" : "badge bad"],
            [.text(visit[payment.applied ? .appliedYes : .appliedNo])])
    }
}
