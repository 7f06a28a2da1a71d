internal import Database
internal import JSON
internal import Kernel

/// What set something off: the link between an order's history and the requests, events and jobs behind it.
public struct Cause: Sendable, Equatable {
    /// What kind of thing.
    public enum Kind: String, Sendable {
        /// A request to us, by its request id.
        case request
        /// An event of Stripe, by its event id.
        case event
        /// A job, by its id.
        case job
        /// A command on the command line.
        case command
    }
    /// What kind of thing.
    public let kind: Kind
    /// Which one.
    public let id: String

    /// A request to us.
    public static func request(_ id: String) -> Cause { Cause(kind: .request, id: id) }
    /// An event of Stripe.
    public static func event(_ id: String) -> Cause { Cause(kind: .event, id: id) }
    /// A job.
    public static func job(_ id: String) -> Cause { Cause(kind: .job, id: id) }
    /// A command.
    public static func command(_ name: String) -> Cause { Cause(kind: .command, id: name) }
}

/// The life story of orders, appended in the transactions that make it.
struct OrderHistory: Sendable {
    let clock: any WallClock
    let ids: IDGenerator

    /// Appends a happening. `detail` holds ids and facts, never secrets or personal data.
    func append(
        _ kind: String, of order: OrderID, cause: Cause, _ detail: JSONObject = [:], in tx: Transaction
    ) throws {
        try append([(kind, detail)], of: order, cause: cause, in: tx)
    }

    /// Appends what happened together, in its order; at most four.
    func append(
        _ happenings: [(kind: String, detail: JSONObject)], of order: OrderID, cause: Cause, in tx: Transaction
    ) throws {
        let now = clock.now().sqlValue
        guard Self.insertions.indices.contains(happenings.count), !happenings.isEmpty else {
            throw DatabaseError.unexpectedRowCount(happenings.count)
        }
        var values: [SQLValue] = []
        for (kind, detail) in happenings {
            values += [
                .text(ids.uuid()), order.sqlValue, now, .text(kind), .text(cause.kind.rawValue), .text(cause.id),
                .text(JSONValue.object(detail).text()),
            ]
        }
        try tx.send(SQL(unsafe: Self.insertions[happenings.count], values: values))
    }

    /// By how many rows they insert.
    private static let insertions = (0...4).map { count in
        let rows = (0..<count).map { row in
            "(" + (1...7).map { "$\(row * 7 + $0)" }.joined(separator: ", ") + ")"
        }
        return """
            INSERT INTO order_history (id, order_id, at_ms, kind, cause_kind, cause_id, detail)
            VALUES \(rows.joined(separator: ", "))
            """
    }

    /// Whether something of a kind has happened to an order by a kind of cause.
    static func has(_ kind: String, by cause: Cause.Kind, of order: OrderID, in tx: Transaction) throws -> Bool {
        try tx.row(
            """
            SELECT 1 AS one FROM order_history
            WHERE order_id = \(order) AND kind = \(kind) AND cause_kind = \(cause.rawValue) LIMIT 1
            """) != nil
    }

    /// The happenings of an order, oldest first.
    static func entries(of order: OrderID, in tx: Transaction) throws -> [HistoryEntry] {
        try tx.rows(
            """
            SELECT at_ms, kind, cause_kind, cause_id, detail FROM order_history
            WHERE order_id = \(order) ORDER BY id
            """
        ).map { row in
            HistoryEntry(
                at: try row.time("at_ms"), kind: try row.text("kind"), causeKind: try row.text("cause_kind"),
                causeID: try row.text("cause_id"), detail: try JSONValue(parsing: try row.text("detail")))
        }
    }
}

/// One happening in an order's life.
struct HistoryEntry: Sendable {
    let at: Timestamp
    let kind: String
    let causeKind: String
    let causeID: String
    let detail: JSONValue
}
