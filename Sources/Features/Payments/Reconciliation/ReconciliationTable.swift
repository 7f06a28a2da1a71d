internal import Kernel

extension ReconciliationStatement {
    /// The statement for a person at a terminal, with a new line at its end.
    public var table: String {
        var text = "\(isDryRun ? "dry run" : "reconciliation") \(id)\n\(period.since) to \(period.until)\n\n"
        text += lines.isEmpty ? "no charge and no refund\n" : Self.grid([Self.heads] + lines.flatMap(Self.cells))
        if !differences.isEmpty {
            let count = lines.reduce(0) { $0 + $1.onlyAtStripe + $1.onlyHere + $1.differing }
            text += "\ndifferences"
            text += count > differences.count ? " (\(differences.count) of \(Self.grouped(count)))\n" : "\n"
            text += Self.grid(differences.map(Self.cells))
        }
        if !foreign.isEmpty {
            text += "\nnot ours\n"
            text += Self.grid(
                foreign.map {
                    [$0.what, Self.grouped($0.sum.rows), Money($0.sum.amountMinor, $0.currency).description]
                })
        }
        if !actions.isEmpty {
            text += isDryRun ? "\nwould be done\n" : "\ndone\n"
            text += Self.grid(
                ReconciliationAction.allCases.compactMap { action in
                    actions[action].map { [action.rawValue, Self.grouped($0)] }
                })
        }
        return text + "\n\(Self.grouped(objects)) objects read: "
            + (isBalanced ? "no difference\n" : "there are differences\n")
    }

    private static let heads = ["", "at Stripe", "", "here", "", "difference", ""]

    private static func cells(_ line: Line) -> [[String]] {
        func pair(_ sum: ReconciliationSum) -> [String] {
            [grouped(sum.rows), Money(sum.amountMinor, line.currency).description]
        }
        var rows = [["\(line.subject.rawValue)s"] + pair(line.atStripe) + pair(line.here) + pair(line.difference)]
        if line.onlyAtStripe + line.onlyHere + line.differing > 0 {
            rows.append([
                "", "only there", grouped(line.onlyAtStripe), "only here", grouped(line.onlyHere), "differ",
                grouped(line.differing),
            ])
        }
        return rows
    }

    private static func cells(_ difference: Difference) -> [String] {
        func money(_ minor: Int64?) -> String { minor.map { Money($0, difference.currency).description } ?? "-" }
        return [
            difference.subject.rawValue, difference.side.rawValue, difference.stripeID,
            money(difference.atStripeMinor), money(difference.hereMinor), difference.reason ?? "",
            difference.orderID ?? "",
        ]
    }

    /// Columns as wide as their widest cell; numbers and money to the right.
    private static func grid(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            for (cell, width) in zip(row, widths) {
                let padding = String(repeating: " ", count: width - cell.count)
                let isNumber = cell.last?.isNumber == true && !cell.contains("_")
                line += "  " + (isNumber || cell == "-" ? padding + cell : cell + padding)
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    private static func grouped(_ count: Int64) -> String {
        // Yen have no other digits, so their sign is all that is left out.
        String(Money(count, .jpy).description.filter { $0 != "¥" })
    }
}
