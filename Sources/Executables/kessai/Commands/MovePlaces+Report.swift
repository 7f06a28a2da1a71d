internal import JSON
internal import Kernel
internal import KessaiApp
internal import Moving

// What is told at the end.
extension MovePlaces {
    static func text(_ report: MoveReport, seconds: Double) -> String {
        var text =
            switch report.outcome {
            case .copied:
                "moved \(report.rows) rows of \(report.tables.count) tables in \(Int(seconds.rounded(.up))) s\n"
            case .unchanged:
                "everything was moved before: \(report.rows) rows of \(report.tables.count) tables; nothing was copied\n"
            }
        text += "count, sums of money and digest of every table are the same on both sides\n\n"
        for sum in report.sums { text += "  \(sum.name): \(amount(sum))\n" }
        if report.sums.isEmpty { text += "  no money yet\n" }
        for sum in unbalanced(report) {
            text += "\nattention: the journal of \(sum.currency) was not balanced before, and is not now\n"
        }
        return text
    }

    static func json(_ report: MoveReport) -> JSONValue {
        func sums(_ sums: [MoveReport.MoneySum]) -> JSONValue {
            .array(
                sums.map {
                    ["name": .string($0.name), "currency": .string($0.currency), "amount": .int($0.amountMinor)]
                })
        }
        return [
            "outcome": .string(report.outcome.rawValue), "verified": true,
            "installation": report.installation.map { .string($0) } ?? .null, "rows": .int(report.rows),
            "balanced": .bool(unbalanced(report).isEmpty), "sums": sums(report.sums),
            "tables": .array(
                report.tables.map {
                    ["table": .string($0.name), "rows": .int($0.rows), "sums": sums($0.sums)]
                }),
        ]
    }

    private static func unbalanced(_ report: MoveReport) -> [MoveReport.MoneySum] {
        report.sums.filter { $0.name == KessaiApp.journalBalance && $0.amountMinor != 0 }
    }

    private static func amount(_ sum: MoveReport.MoneySum) -> String {
        guard let currency = Currency(sum.currency) else { return "\(sum.amountMinor) \(sum.currency)" }
        return Money(sum.amountMinor, currency).description
    }

    func nextSteps(_ report: MoveReport) -> String {
        """

        next:
          1. set DATABASE_URL to the database that --to names, and start `kessai serve`
          2. run `kessai reconcile`: Stripe sends again what came meanwhile, and reconcile fetches what is missing
          3. do not serve \(path) again, and keep it as a backup

        """
    }
}
