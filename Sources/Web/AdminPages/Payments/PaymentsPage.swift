internal import HTML
internal import HTTP
internal import Kernel
internal import KessaiAPI
internal import PageKit

/// The history of payments (S3-NEXT-03), page by page with its totals, and as a file.
struct PaymentsPage: Sendable {
    let hall: Hall

    /// The most rows of the file, and how many are in memory at once (law 14).
    static let fileRowsMax = 10_000
    private static let fileBatch = 100

    var routes: [Route] {
        [
            hall.get("/admin/payments", "The history of payments", show),
            hall.get("/admin/payments.csv", "The history of payments as a file", mayCompress: true, file),
        ]
    }

    @Sendable private func show(_ visit: Visit) async throws -> HTTPResponse {
        let page = try await hall.api.get(
            "/api/admin/payments", [("limit", "50"), ("cursor", visit.query("cursor"))],
            as: APIList<PaymentResponse>.self, for: visit)
        return PageResponse.page(
            visit, title: .payments,
            [
                .title(visit[.payments]),
                page.data.isEmpty ? .quiet(visit[.nothing]) : Self.table(page.data, visit),
                page.data.isEmpty
                    ? .group([]) : .group([.heading(visit[.pageTotal]), try Self.totals(page.data, visit)]),
                Pager.links("/admin/payments", [], next: page.nextCursor, visit),
                .element("p", [:], [.link("/admin/payments.csv", visit[.csv])]),
            ])
    }

    private static func table(_ payments: [PaymentResponse], _ visit: Visit) -> HTML {
        .table(
            [.time, .order, .amount, .applied, .intent, .charge].map { visit[$0] },
            payments.map { payment in
                [
                    .time(payment.createdAt), .link("/admin/orders/\(payment.orderID)", "#\(payment.orderNumber)"),
                    .money(payment.amount), PaymentBadge.of(payment, visit), .code(payment.paymentIntentID),
                    payment.chargeID.map { .code($0) } ?? .none,
                ]
            }, numbers: [2])
    }

    /// One sum for each currency, and apart from it what is owed back. Throws `MoneyError.overflow`.
    private static func totals(_ payments: [PaymentResponse], _ visit: Visit) throws -> HTML {
        var facts: [(name: String, value: HTML)] = []
        for (applied, name) in [(true, Text.appliedYes), (false, .appliedNo)] {
            let amounts = payments.filter { $0.applied == applied }.compactMap(\.amount.money)
            for currency in Set(amounts.map(\.currency)).sorted(by: { $0.code < $1.code }) {
                var sum = Money.zero(currency)
                let own = amounts.filter { $0.currency == currency }
                for amount in own { sum = try sum.adding(amount) }
                facts.append((visit[name], .group([.money(MoneyDTO(sum)), .text(" (\(own.count))")])))
            }
        }
        return .facts(facts)
    }

    @Sendable private func file(_ visit: Visit) async throws -> HTTPResponse {
        // The first rows come before the head leaves, so that a fault of theirs is told as one. The others are read as the
        // client takes them.
        let header =
            "created_at,order_number,order_id,amount_minor,currency,applied,payment_intent_id,charge_id,id\r\n"
        var rest = Rest()
        let first = try await lines(&rest, visit) ?? []
        var response = PageResponse.file(
            "payments.csv", mediaType: "text/csv; charset=utf-8", Array(header.utf8) + first)
        if rest.batches > 0 { response.stream = HTTPBodyStream(from: rest) { try await lines(&$0, visit) } }
        return response
    }

    /// What of the file is still to be read.
    private struct Rest: Sendable {
        var cursor: String?
        var batches = PaymentsPage.fileRowsMax / PaymentsPage.fileBatch
    }

    /// The next lines of the file; nil at its end.
    private func lines(_ rest: inout Rest, _ visit: Visit) async throws -> [UInt8]? {
        guard rest.batches > 0 else { return nil }
        let page = try await hall.api.get(
            "/api/admin/payments", [("limit", String(Self.fileBatch)), ("cursor", rest.cursor)],
            as: APIList<PaymentResponse>.self, for: visit)
        rest.cursor = page.nextCursor
        rest.batches = page.nextCursor == nil ? 0 : rest.batches - 1
        return Array(page.data.map(Self.line).joined().utf8)
    }

    /// Ids, numbers and times: none of them holds a comma or a quote, or begins as a formula does.
    private static func line(_ payment: PaymentResponse) -> String {
        [
            payment.createdAt.timestamp.rfc3339, String(payment.orderNumber), payment.orderID,
            String(payment.amount.amount), payment.amount.currency, payment.applied ? "yes" : "no",
            payment.paymentIntentID, payment.chargeID ?? "", payment.id,
        ].joined(separator: ",") + "\r\n"
    }
}
