import Kernel
import KernelTesting
import Testing

@testable import Payments

/// What a person reads, and what a person may write.
@Suite struct ReconciliationTableTests {
    private func sum(_ rows: Int64, _ amountMinor: Int64) -> ReconciliationSum {
        ReconciliationSum(rows: rows, amountMinor: amountMinor)
    }

    @Test func `the table is in yen with separators, and lists what differs`() throws {
        let period = try #require(
            ReconciliationPeriod(since: "2026-11-19T00:00:00Z", until: "2026-11-20T00:00:00Z", at: ManualClock().now()))
        var line = ReconciliationStatement.Line(subject: .charge, currency: .jpy)
        line.atStripe = sum(12_345, 1_234_567)
        line.here = sum(12_344, 1_233_587)
        line.onlyAtStripe = 1
        let statement = ReconciliationStatement(
            id: "run", period: period, finishedAt: period.until, isDryRun: false, lines: [line],
            differences: [
                .init(
                    subject: .charge, side: .onlyAtStripe, stripeID: "ch_1", orderID: nil, atStripeMinor: 980,
                    hereMinor: nil, currency: .jpy, reason: "order_unknown", at: period.since)
            ], foreign: [.init(what: "charge", currency: .usd, sum: sum(2, 1400))],
            actions: [.chargesRecorded: 1000], objects: 20_000)
        #expect(
            statement.table == """
                reconciliation run
                2026-11-19T00:00:00.000Z to 2026-11-20T00:00:00.000Z

                           at Stripe               here                   difference
                  charges      12,345  ¥1,234,567     12,344  ¥1,233,587           1  ¥980
                           only there           1  only here           0  differ         0

                differences
                  charge  only_at_stripe  ch_1  ¥980  -  order_unknown

                not ours
                  charge  2  $14.00

                done
                  charges_recorded  1,000

                20,000 objects read: there are differences

                """)
    }

    @Test(
        arguments: [
            (nil, nil, "2026-11-19T04:00:00.000Z", "2026-11-21T04:00:01.000Z"),
            ("48h", nil, "2026-11-19T04:00:00.000Z", "2026-11-21T04:00:01.000Z"),
            ("30d", "29d", "2026-10-22T04:00:00.000Z", "2026-10-23T04:00:00.000Z"),
            ("90m", nil, "2026-11-21T02:30:00.000Z", "2026-11-21T04:00:01.000Z"),
            ("2026-11-20T00:00:00Z", "2026-11-20T00:00:00.5Z", "2026-11-20T00:00:00.000Z", "2026-11-20T00:00:01.000Z"),
            // An end in the future is now.
            ("1h", "2030-01-01T00:00:00Z", "2026-11-21T03:00:00.000Z", "2026-11-21T04:00:01.000Z"),
        ] as [(String?, String?, String, String)])
    func `a period is as a person means it`(since: String?, until: String?, first: String, last: String) throws {
        let period = try #require(ReconciliationPeriod(since: since, until: until, at: ManualClock().now()))
        #expect(period.since.rfc3339 == first)
        #expect(period.until.rfc3339 == last)
    }

    @Test(
        arguments: [
            ("", nil), ("48", nil), ("h", nil), ("-3h", nil), ("+3h", nil), ("3w", nil), ("0h", nil),
            ("99999999d", nil),
            ("401d", nil), ("2026-11-20", nil), ("1h", "2h"), ("1h", "yesterday"), ("2030-01-01T00:00:00Z", nil),
        ] as [(String, String?)])
    func `what is no period is refused`(since: String, until: String?) {
        #expect(ReconciliationPeriod(since: since, until: until, at: ManualClock().now()) == nil)
    }
}
