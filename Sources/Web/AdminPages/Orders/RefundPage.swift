internal import HTML
internal import HTTP
internal import JSON
internal import Kernel
internal import KessaiAPI
internal import PageKit

/// Refunds a payment in full or in part: what, whether it is meant, and then once.
struct RefundPage: Sendable {
    let hall: Hall

    var routes: [Route] {
        [
            hall.get("/admin/orders/{id}/refund", "Asks what to refund, and whether it is meant", ask),
            hall.post("/admin/orders/{id}/refund", "Refunds", refund),
        ]
    }

    @Sendable private func ask(_ visit: Visit) async throws -> HTTPResponse {
        let detail = try await hall.api.get(
            "/api/admin/orders/\(visit.encodedID)", as: AdminOrderDetailResponse.self, for: visit)
        let choices = Refundable.of(detail).filter { $0.leftMinor > 0 }
        guard let first = choices.first else {
            return page(visit, detail, .refundTitle, [.quiet(visit[.nothingLeft])])
        }
        let wanted = visit.query("payment")
        let chosen = choices.first { $0.payment.paymentIntentID == wanted } ?? first
        guard visit.query("confirm") != nil else { return enter(visit, detail, choices, chosen, isWrong: false) }
        var amountMinor = chosen.leftMinor
        if let text = visit.query("amount") {
            guard let currency = chosen.payment.amount.money?.currency, let typed = AmountInput.minor(text, currency),
                typed <= chosen.leftMinor
            else { return enter(visit, detail, choices, chosen, isWrong: true) }
            amountMinor = typed
        }
        return confirm(visit, detail, chosen, amountMinor)
    }

    private func enter(
        _ visit: Visit, _ detail: AdminOrderDetailResponse, _ choices: [Refundable], _ chosen: Refundable, isWrong: Bool
    ) -> HTTPResponse {
        let payments = choices.map { choice in
            let state = visit[choice.payment.applied ? .appliedYes : .appliedNo]
            let left = choice.left.money?.description ?? ""
            return (
                value: choice.payment.paymentIntentID,
                text: "\(left) · \(state) · \(choice.payment.paymentIntentID)"
            )
        }
        return page(
            visit, detail, .refundTitle, status: isWrong ? 400 : 200,
            [
                isWrong
                    ? .element("p", ["class": "notice bad", "role": "alert"], [.text(visit[.amountWrong])])
                    : .group([]),
                .element(
                    "form",
                    ["method": "get", "action": "/admin/orders/\(detail.order.order.id)/refund", "class": "stack"],
                    [
                        .hidden("confirm", "1"),
                        .field(
                            visit[.refundPayment],
                            .choice("payment", payments, chosen: chosen.payment.paymentIntentID)),
                        .field(
                            visit[.refundAmount],
                            .textInput("amount", visit.query("amount") ?? "", numeric: true, max: 20),
                            hint: choices.count == 1
                                ? "\(visit[.refundLeft]): \(chosen.left.money?.description ?? "")" : nil),
                        .field(
                            visit[.reason],
                            .choice(
                                "reason", Text.reasons.map { ($0.value, visit[$0.text]) },
                                chosen: visit.query("reason") ?? "requested_by_customer")),
                        .button(visit[.toConfirm]),
                    ]),
            ])
    }

    private func confirm(
        _ visit: Visit, _ detail: AdminOrderDetailResponse, _ chosen: Refundable, _ amountMinor: Int64
    ) -> HTTPResponse {
        let reason = visit.query("reason") ?? "requested_by_customer"
        let amount = MoneyDTO(Money(amountMinor, chosen.left.money?.currency ?? .jpy))
        return page(
            visit, detail, .refundConfirmTitle,
            [
                .facts([
                    (visit[.amount], .element("strong", [:], [.money(amount)])),
                    (visit[.refundLeft], .money(chosen.left)),
                    (visit[.reason], .text(visit[.reason(reason)])),
                    (visit[.intent], .code(chosen.payment.paymentIntentID)),
                ]),
                .element("p", [:], [.text(visit[.refundNote])]),
                .action(
                    "/admin/orders/\(detail.order.order.id)/refund", visit,
                    [
                        .hidden("amount", String(amountMinor)), .hidden("reason", reason),
                        .hidden("payment", chosen.payment.paymentIntentID),
                        .button(visit[.doRefund], isGrave: true),
                    ]),
            ])
    }

    @Sendable private func refund(_ visit: Visit) async throws -> HTTPResponse {
        let page = "/admin/orders/\(visit.encodedID)"
        // The amount stands in the form in minor units, as it was confirmed; what is no number is refused by the API.
        let amount = visit.form["amount"] ?? ""
        let body: JSONValue = [
            "amount": Int64(amount).map { .int($0) } ?? .string(amount),
            "reason": .string(visit.form["reason"] ?? ""), "payment_intent_id": .string(visit.form["payment"] ?? ""),
        ]
        return try await Outcome.of(leadingTo: page) {
            let refund = try RefundResponse(
                validated: await hall.api.post("/api/admin/orders/\(visit.encodedID)/refunds", body, for: visit))
            return refund.status == "submitted" ? "refunding" : "refunded"
        }
    }

    private func page(
        _ visit: Visit, _ detail: AdminOrderDetailResponse, _ title: Text, status: Int = 200, _ body: [HTML]
    ) -> HTTPResponse {
        let order = detail.order.order
        return PageResponse.page(
            visit, title: visit[title], at: .orders, status: status,
            [
                .title(visit[title]),
                .facts([
                    (visit[.order], .link("/admin/orders/\(order.id)", "#\(order.number)")),
                    (visit[.statusWord], .status(order.status, visit.language)), (visit[.total], .money(order.total)),
                    (visit[.buyer], BuyerLink.of(detail.order.user, visit)),
                ]), .element("div", ["class": "row"], []),
            ] + body + [.element("p", [:], [.link("/admin/orders/\(order.id)", visit[.back])])])
    }
}
