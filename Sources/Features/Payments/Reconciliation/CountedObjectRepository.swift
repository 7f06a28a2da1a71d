internal import Database
internal import Kernel

/// What a run counts, in the database, within a transaction: so that its memory does not grow with the period. The
/// rows are the run's own, and gone when it ends.
struct CountedObjectRepository {
    let tx: Transaction
    let run: String

    /// Adds objects, at most 100; those that are there already stay as they are. One statement.
    func add(_ objects: [CountedObject]) throws {
        guard let last = objects.last else { return }
        // As long as a few rows or as a page, its last row repeated, so that there are two statements to prepare.
        let isFew = objects.count <= Self.few
        let padded = objects + Array(repeating: last, count: max(0, (isFew ? Self.few : SQL.pageSize) - objects.count))
        let values = padded.flatMap { object -> [SQLValue] in
            [
                run.sqlValue, object.subject.rawValue.sqlValue, object.side.rawValue.sqlValue,
                object.stripeID.sqlValue, object.paymentIntentID?.sqlValue ?? .null,
                object.moved.amountMinor.sqlValue, object.moved.currency.sqlValue,
                object.reason?.sqlValue ?? .null, object.created.sqlValue,
            ]
        }
        try tx.send(SQL(unsafe: isFew ? Self.insertionOfFew : Self.insertionOfPage, values: values))
    }

    private static let few = 8
    private static let insertionOfFew = insertion(rows: few)
    private static let insertionOfPage = insertion(rows: SQL.pageSize)

    private static func insertion(rows count: Int) -> String {
        let rows = (0..<count).map { row in
            "(" + (1...9).map { "$\(row * 9 + $0)" }.joined(separator: ", ") + ")"
        }
        return """
            INSERT INTO reconciliation_objects (run_id, subject, side, stripe_id, payment_intent_id, amount_minor,
                currency, reason, created_at_ms)
            VALUES \(rows.joined(separator: ", ")) ON CONFLICT DO NOTHING
            """
    }

    /// Removes up to 5,000 of the run's rows, or of runs of more than a day ago, which were lost; returns how many.
    func removeSome(at now: Timestamp) throws -> Int {
        let lost = SQL.firstID(at: now.adding(.seconds(-86_400)))
        return try tx.execute(
            """
            DELETE FROM reconciliation_objects WHERE (run_id, subject, side, stripe_id) IN (
                SELECT run_id, subject, side, stripe_id FROM reconciliation_objects
                WHERE run_id = \(run) OR run_id < \(lost) LIMIT 5000)
            """)
    }
}

extension SQL {
    /// A text that sorts before every id of ours made at `moment` or later, and after those made before: an id begins
    /// with its milliseconds.
    static func firstID(at moment: Timestamp) -> String {
        let digits = String(UInt64(max(moment.epochMs, 0)) & 0xFFFF_FFFF_FFFF, radix: 16)
        let padded = String(repeating: "0", count: 12 - digits.count) + digits
        return "\(padded.prefix(8))-\(padded.suffix(4))"
    }
}
