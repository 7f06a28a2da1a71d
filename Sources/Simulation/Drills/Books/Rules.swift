public import BookRules
internal import Kernel

/// The rules of the books.
public enum Rules {
    /// All of them.
    public static let all: [any Rule] = ofRows + ofSides + ofPromises

    /// What our own rows must be: the rules that always hold, and those of a world in which nobody pays what was given up,
    /// or anything else than was asked.
    public static let ofRows: [BookRule] =
        BookRule.all(stock: stock) + [
            BookRule(
                "no person is needed, as nobody pays what was given up, or anything else than was asked",
                """
                SELECT kind AS what, order_id FROM reviews
                UNION ALL SELECT status, id FROM orders WHERE status = 'needs_review'
                UNION ALL SELECT kind || ' ' || stripe_id, order_id FROM reconciliation_findings
                    WHERE resolved_at_ms IS NULL
                """)
        ]

    /// The stock of each product that has one, at the beginning.
    public static let stock: Int64 = 1_000_000
}

extension BookRule: Rule {
    /// The rows of the query.
    public func violations(in books: Books) async throws -> [Violation] {
        try await breaches(in: books.database, atMs: books.now.epochMs).map {
            Violation(rule: rule, what: $0.what, order: $0.order)
        }
    }
}
