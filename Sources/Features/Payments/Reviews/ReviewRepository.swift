internal import Database
internal import JSON
internal import Kernel

/// Something about an order that a person must decide.
struct Review: Sendable {
    let id: String
    let orderID: OrderID
    let orderNumber: Int64
    let kind: String
    let sourceID: String
    let detail: JSONValue
    let createdAt: Timestamp
    let resolvedAt: Timestamp?
    let note: String?

    /// The payment intent whose money it is about: its source, unless its detail names another.
    var paymentIntentID: String { detail["payment_intent"]?.string ?? sourceID }
}

/// Which reviews a list shows.
struct ReviewFilter: Sendable {
    enum Status: String, Sendable, CaseIterable {
        case open
        case resolved
        case all
    }
    var status: Status
    /// Of any kind when nil.
    var kind: ReviewKind?
}

/// Reviews in the database, within a transaction.
struct ReviewRepository {
    let tx: Transaction

    private static let columns = """
        id, order_id, (SELECT number FROM orders o WHERE o.id = reviews.order_id) AS order_number, kind, source_id, \
        detail, created_at_ms, resolved_at_ms, note
        """

    /// Raises a review once per order, kind and source. One that was resolved is opened again: an intent that did not
    /// fit may have been looked at before its money came. Returns false when it is open already.
    func raise(
        id: String, order: OrderID, kind: ReviewKind, source: String, detail: JSONObject, at: Timestamp
    ) throws -> Bool {
        try tx.execute(
            """
            INSERT INTO reviews (id, order_id, kind, source_id, detail, created_at_ms)
            VALUES (\(id), \(order), \(kind.rawValue), \(source), \(JSONValue.object(detail).text()), \(at))
            ON CONFLICT (order_id, kind, source_id) DO UPDATE
            SET detail = excluded.detail, resolved_at_ms = NULL, resolved_by = NULL
            WHERE reviews.resolved_at_ms IS NOT NULL
            """) == 1
    }

    func find(_ id: String) throws -> Review? {
        try tx.row("SELECT \(unsafe: Self.columns) FROM reviews WHERE id = \(id)").map(Review.init)
    }

    /// The reviews of an order, oldest first.
    func of(_ order: OrderID) throws -> [Review] {
        try tx.rows(
            """
            SELECT \(unsafe: Self.columns) FROM reviews WHERE order_id = \(order) ORDER BY created_at_ms, id
            """
        ).map(Review.init)
    }

    /// A page of the reviews that a filter lets through, after the review `cursor`: open ones oldest first, as they
    /// have waited longest; others newest first.
    func page(_ filter: ReviewFilter, after cursor: Review?, limit: Int) throws -> [Review] {
        var conditions: [String] = []
        var values: [SQLValue] = []
        switch filter.status {
        case .open: conditions.append("resolved_at_ms IS NULL")
        case .resolved: conditions.append("resolved_at_ms IS NOT NULL")
        case .all: break
        }
        if let kind = filter.kind {
            values.append(.text(kind.rawValue))
            conditions.append("kind = $\(values.count)")
        }
        if let cursor {
            values += [.int(cursor.createdAt.epochMs), .text(cursor.id)]
            let side = filter.status == .open ? ">" : "<"
            conditions.append("(created_at_ms, id) \(side) ($\(values.count - 1), $\(values.count))")
        }
        values.append(.int(Int64(limit)))
        let direction = filter.status == .open ? "ASC" : "DESC"
        // What was asked for is bound; the rest is the program's own.
        let text = """
            SELECT \(Self.columns) FROM reviews
            \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
            ORDER BY created_at_ms \(direction), id \(direction) LIMIT $\(values.count)
            """
        return try tx.rows(SQL(unsafe: text, values: values)).map(Review.init)
    }

    func openKinds(of order: OrderID) throws -> [String] {
        try tx.rows(
            """
            SELECT kind FROM reviews WHERE order_id = \(order) AND resolved_at_ms IS NULL
            ORDER BY created_at_ms, id
            """
        ).map { try $0.text("kind") }
    }

    /// Resolves an open review; false when it was resolved before.
    func resolve(_ id: String, by actor: String, note: String, at: Timestamp) throws -> Bool {
        try tx.execute(
            """
            UPDATE reviews SET resolved_at_ms = \(at), resolved_by = \(actor), note = \(note)
            WHERE id = \(id) AND resolved_at_ms IS NULL
            """) == 1
    }
}

extension Review {
    fileprivate init(_ row: Row) throws {
        self.init(
            id: try row.text("id"), orderID: try row.id("order_id"), orderNumber: try row.int("order_number"),
            kind: try row.text("kind"),
            sourceID: try row.text("source_id"), detail: try JSONValue(parsing: try row.text("detail")),
            createdAt: try row.time("created_at_ms"), resolvedAt: try row.timeOrNil("resolved_at_ms"),
            note: try row.textOrNil("note"))
    }
}
