public import Database
public import Kernel
public import Moving

extension KessaiApp {
    /// A move of this program's whole installation from a snapshot of SQLite, which nobody serves meanwhile, into
    /// PostgreSQL. Run it; see ``Moving/Move``.
    public static func move(
        from source: any Snapshot, to target: any Database, clock: any WallClock
    ) -> Move {
        Move(from: source, to: target, migrations: migrations, sums: movedMoney, clock: clock)
    }

    /// The name of the sum of all postings, which is zero in every currency.
    public static let journalBalance = "journal balance"

    /// What an operator compares.
    private static let movedMoney = [
        MoveSum(
            "payments",
            sql: """
                SELECT currency, CAST(SUM(amount_minor) AS BIGINT) AS amount_minor FROM payments GROUP BY currency
                """),
        MoveSum(
            "refunds",
            sql: """
                SELECT currency, CAST(SUM(amount_minor) AS BIGINT) AS amount_minor FROM refunds
                WHERE state = 'succeeded' GROUP BY currency
                """),
        MoveSum(
            journalBalance,
            sql: """
                SELECT currency, CAST(SUM(amount_minor) AS BIGINT) AS amount_minor FROM postings GROUP BY currency
                """),
    ]
}
