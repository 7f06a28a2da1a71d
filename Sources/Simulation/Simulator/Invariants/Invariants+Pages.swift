internal import Database
internal import JSON

extension Invariants {
    /// Every page of ours at Stripe is its order's one page, with the order's own lines and sum.
    static func pages(_ books: Books) async throws -> [String] {
        var faults: [String] = []
        var orders: [String: (session: String?, total: String, lines: [String])] = [:]
        let rows = try await books.rows(
            """
            SELECT o.id, s.stripe_checkout_session_id AS session, o.total_minor, o.currency, l.description, l.quantity,
                l.unit_amount_minor FROM checkout_sessions s JOIN orders o ON o.id = s.order_id
            JOIN order_lines l ON l.order_id = o.id ORDER BY o.id, l.position
            """)
        for row in rows {
            let currency = try row.text("currency")
            let total = "\(try row.int("total_minor")) \(currency)"
            let line =
                "\(try row.int("quantity")) × \(try row.text("description")) at \(try row.int("unit_amount_minor")) \(currency)"
            let (order, session) = (try row.text("id"), try row.textOrNil("session"))
            orders[order, default: (session, total, [])].lines.append(line)
        }
        var seen: Set<String> = []
        for page in books.sessions where !DashboardPayment.made(page) {
            let (id, order) = (page["id"]?.string ?? "", page["client_reference_id"]?.string ?? "")
            guard let known = orders[order], page["metadata"]?["order_id"]?.string == order else {
                faults.append("the page \(id) is of no order")
                continue
            }
            if known.session != id { faults.append("\(order) has the page \(known.session ?? "none"), and \(id)") }
            if !seen.insert(order).inserted { faults.append("\(order) has several pages") }
            let total = "\(page["amount_total"]?.int ?? 0) \(page["currency"]?.string ?? "")"
            if total != known.total { faults.append("the page \(id) costs \(total), \(order) \(known.total)") }
            let items = await books.world.list("/v1/checkout/sessions/\(id)/line_items").map { item in
                "\(item["quantity"]?.int ?? 0) × \(item["description"]?.string ?? "") at "
                    + "\(item["price"]?["unit_amount"]?.int ?? 0) \(item["price"]?["currency"]?.string ?? "")"
            }
            if items.sorted() != known.lines.sorted() {
                faults.append("the page \(id) sells \(items), \(order) is about \(known.lines)")
            }
        }
        return faults
    }
}
