internal import Database
internal import Kernel

/// Which orders a list shows; nil lets all through.
struct OrderFilter: Sendable {
    var userID: String?
    var status: OrderStatus?
    var number: Int64?
}

/// Orders in the database, within a transaction.
struct OrderRepository {
    let tx: Transaction

    private static let columns = """
        status, payment_flow, id, number, seller, user_id, total_minor, currency, attempt, stripe_customer_id, \
        stripe_payment_intent_id, refunded_minor, disputed, created_at_ms, expires_at_ms, cancel_requested_at_ms, \
        canceled_at_ms, paid_at_ms
        """

    /// Stores a new order with its lines; returns it with its number.
    func insert(
        id: OrderID, seller: String, flow: PaymentFlow, userID: String?, requestKey: String?, total: Money,
        lines: [OrderLine], createdAt: Timestamp, expiresAt: Timestamp
    ) throws -> Order {
        let row = try tx.row(
            """
            INSERT INTO orders (id, seller, payment_flow, user_id, request_key, total_minor, currency, status,
                created_at_ms, expires_at_ms)
            VALUES (\(id), \(seller), \(flow.rawValue), \(userID), \(requestKey), \(total.amountMinor),
                \(total.currency), 'pending', \(createdAt), \(expiresAt))
            RETURNING \(unsafe: Self.columns)
            """)
        guard let row else { throw DatabaseError.unexpectedRowCount(0) }
        for (position, line) in lines.enumerated() {
            try tx.send(
                """
                INSERT INTO order_lines (order_id, position, product_id, description, quantity, unit_amount_minor,
                    amount_minor)
                VALUES (\(id), \(position), \(line.productID), \(line.description), \(line.quantity),
                    \(line.unitAmount.amountMinor), \(line.amount.amountMinor))
                """)
        }
        return try Order(row)
    }

    /// The order that a request made (``RequestContext/requestKey``).
    func find(requestKey: String) throws -> Order? {
        try tx.row("SELECT \(unsafe: Self.columns) FROM orders WHERE request_key = \(requestKey)").map(Order.init)
    }

    /// The order of a reference.
    func find(_ reference: OrderReference) throws -> Order? {
        try find(reference, lock: "")
    }

    /// The order, held against every other writer until the transaction ends. Whoever changes an order or anything
    /// that belongs to it begins here, so that writers of one order come one after the other.
    func lock(_ reference: OrderReference) throws -> Order? {
        try find(reference, lock: tx.forUpdate)
    }

    private func find(_ reference: OrderReference, lock: String) throws -> Order? {
        switch reference {
        case .id(let id):
            return try tx.row(
                "SELECT \(unsafe: Self.columns) FROM orders WHERE id = \(id)\(unsafe: lock)"
            ).map(Order.init)
        case .number(let number):
            return try tx.row(
                "SELECT \(unsafe: Self.columns) FROM orders WHERE number = \(number)\(unsafe: lock)"
            ).map(Order.init)
        }
    }

    /// The order whose intent this is or was, by the attempts and the recorded payments.
    func orderID(ofPaymentIntent id: String) throws -> OrderID? {
        try tx.row(
            """
            SELECT COALESCE((SELECT order_id FROM payment_attempts WHERE stripe_payment_intent_id = \(id)),
                (SELECT order_id FROM payments WHERE stripe_payment_intent_id = \(id))) AS order_id
            """
        )?.textOrNil("order_id").map { OrderID($0) }
    }

    /// A page of the orders that a filter lets through, newest first.
    func page(_ filter: OrderFilter, before number: Int64?, limit: Int) throws -> [Order] {
        var conditions = ["number < $1"]
        var values: [SQLValue] = [.int(number ?? Int64.max)]
        func require(_ column: String, _ value: SQLValue?) {
            guard let value else { return }
            values.append(value)
            conditions.append("\(column) = $\(values.count)")
        }
        require("user_id", filter.userID.map { .text($0) })
        require("status", filter.status.map { .text($0.rawValue) })
        require("number", filter.number.map { .int($0) })
        values.append(.int(Int64(limit)))
        // The columns are the program's own; what was asked for is bound.
        let text = """
            SELECT \(Self.columns) FROM orders WHERE \(conditions.joined(separator: " AND "))
            ORDER BY number DESC LIMIT $\(values.count)
            """
        return try tx.rows(SQL(unsafe: text, values: values)).map(Order.init)
    }

    /// The lines of an order, in the order of the cart.
    func lines(of order: Order) throws -> [OrderLine] {
        try tx.rows(
            """
            SELECT product_id, description, quantity, unit_amount_minor FROM order_lines
            WHERE order_id = \(order.id) ORDER BY position
            """
        ).map { row in
            try OrderLine(
                productID: row.text("product_id"), description: row.text("description"),
                quantity: row.int("quantity"), unitAmount: Money(row.int("unit_amount_minor"), order.total.currency))
        }
    }

    /// The lines of orders, by order: one statement, however many orders there are.
    func lines(of orders: [Order]) throws -> [OrderID: [OrderLine]] {
        guard let last = orders.last else { return [:] }
        // Filled up to a power of two, so that pages of every length are a handful of prepared statements.
        var places = 1
        while places < orders.count { places *= 2 }
        let ids = orders.map(\.id) + Array(repeating: last.id, count: places - orders.count)
        let marks = ids.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        let text = """
            SELECT order_id, product_id, description, quantity, unit_amount_minor FROM order_lines
            WHERE order_id IN (\(marks)) ORDER BY order_id, position
            """
        let currencies = Dictionary(orders.map { ($0.id, $0.total.currency) }, uniquingKeysWith: { first, _ in first })
        var lines: [OrderID: [OrderLine]] = [:]
        for row in try tx.rows(SQL(unsafe: text, values: ids.map(\.sqlValue))) {
            let id: OrderID = try row.id("order_id")
            guard let currency = currencies[id] else { throw DatabaseError.unexpectedColumn("order_id") }
            lines[id, default: []].append(
                try OrderLine(
                    productID: row.text("product_id"), description: row.text("description"),
                    quantity: row.int("quantity"), unitAmount: Money(row.int("unit_amount_minor"), currency)))
        }
        return lines
    }

    /// Writes what of an order is not as it was `stored` when this transaction locked it; nothing when all is. The
    /// total never changes.
    func update(_ order: Order, from stored: Order) throws {
        // Only what changed: a database writes an index anew for each of its columns that is set, changed or not.
        var sets: [String] = []
        var values: [SQLValue] = []
        func set(_ column: String, _ old: some SQLConvertible, _ new: some SQLConvertible) {
            guard old.sqlValue != new.sqlValue else { return }
            values.append(new.sqlValue)
            sets.append("\(column) = $\(values.count)")
        }
        set("status", stored.status.rawValue, order.status.rawValue)
        set("attempt", stored.attempt, order.attempt)
        set("stripe_customer_id", SQLValue(stored.stripeCustomerID), SQLValue(order.stripeCustomerID))
        set("stripe_payment_intent_id", SQLValue(stored.stripePaymentIntentID), SQLValue(order.stripePaymentIntentID))
        set("refunded_minor", stored.refundedMinor, order.refundedMinor)
        set("disputed", stored.disputed, order.disputed)
        set("cancel_requested_at_ms", SQLValue(stored.cancelRequestedAt), SQLValue(order.cancelRequestedAt))
        set("canceled_at_ms", SQLValue(stored.canceledAt), SQLValue(order.canceledAt))
        set("paid_at_ms", SQLValue(stored.paidAt), SQLValue(order.paidAt))
        set("fulfilled_at_ms", SQLValue(stored.paidAt), SQLValue(order.paidAt))
        guard !sets.isEmpty else { return }
        values.append(order.id.sqlValue)
        // The columns are the program's own; what they are set to is bound.
        let text = "UPDATE orders SET \(sets.joined(separator: ", ")) WHERE id = $\(values.count)"
        try tx.send(SQL(unsafe: text, values: values))
    }

    /// Gives an unpaid order more time.
    func extend(_ id: OrderID, until: Timestamp) throws {
        try tx.send("UPDATE orders SET expires_at_ms = \(until) WHERE id = \(id) AND expires_at_ms < \(until)")
    }
}

extension Order {
    fileprivate init(_ row: Row) throws {
        guard let status = OrderStatus(rawValue: try row.text("status")) else {
            throw DatabaseError.unexpectedColumn("status")
        }
        guard let flow = PaymentFlow(rawValue: try row.text("payment_flow")) else {
            throw DatabaseError.unexpectedColumn("payment_flow")
        }
        self.init(
            id: try row.id("id"), number: try row.int("number"), seller: try row.text("seller"), flow: flow,
            userID: try row.textOrNil("user_id"),
            total: Money(try row.int("total_minor"), try row.currency("currency")), status: status,
            attempt: try row.int("attempt"), stripeCustomerID: try row.textOrNil("stripe_customer_id"),
            stripePaymentIntentID: try row.textOrNil("stripe_payment_intent_id"),
            refundedMinor: try row.int("refunded_minor"), disputed: try row.bool("disputed"),
            createdAt: try row.time("created_at_ms"), expiresAt: try row.time("expires_at_ms"),
            cancelRequestedAt: try row.timeOrNil("cancel_requested_at_ms"),
            canceledAt: try row.timeOrNil("canceled_at_ms"), paidAt: try row.timeOrNil("paid_at_ms"))
    }
}
