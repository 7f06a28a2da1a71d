internal import Database
internal import HTTP
internal import HTTPModels
internal import Identity
public import JSON
internal import Kernel
internal import KessaiAPI

/// What reconciliation said, for operators.
struct ReconciliationRoutes: Sendable {
    let database: any Database

    var routes: [Route] {
        [
            Route(
                "GET", "/api/admin/reconciliation", "The latest statements, and what reconciliation cannot decide",
                tag: "Administration", access: .roles([.operator]),
                answers: [.init(200, "Statements and open findings.", ReconciliationResponse.schema)]
            ) { _ in
                let (bodies, findings) = try await database.read { tx in
                    (
                        try ReconciliationRunRepository(tx: tx).statements(limit: 24),
                        try ReconciliationFindingRepository(tx: tx).open(limit: 100)
                    )
                }
                return try .json(
                    ReconciliationResponse(
                        statements: bodies.map {
                            try ReconciliationStatementDTO(validated: JSONValue(parsing: $0))
                        },
                        findings: findings.map { ReconciliationFindingDTO($0) }))
            }
        ]
    }
}

extension ReconciliationStatement {
    /// The statement as JSON, as the API tells it.
    public func json() throws -> JSONValue { try ReconciliationStatementDTO(self).jsonValue() }

    func text() throws -> String { try json().text() }
}

extension ReconciliationStatementDTO {
    fileprivate init(_ statement: ReconciliationStatement) {
        self.init(
            id: statement.id, since: TimeDTO(statement.period.since), until: TimeDTO(statement.period.until),
            finishedAt: TimeDTO(statement.finishedAt), dryRun: statement.isDryRun, balanced: statement.isBalanced,
            lines: statement.lines.map { line in
                ReconciliationLineDTO(
                    kind: line.subject.rawValue, currency: line.currency.code, atStripe: .init(line.atStripe),
                    here: .init(line.here), difference: .init(line.difference), onlyAtStripe: line.onlyAtStripe,
                    onlyHere: line.onlyHere, differing: line.differing)
            },
            differences: statement.differences.map { difference in
                ReconciliationDifferenceDTO(
                    kind: difference.subject.rawValue, side: difference.side.rawValue, stripeID: difference.stripeID,
                    orderID: difference.orderID, atStripe: difference.atStripeMinor, here: difference.hereMinor,
                    currency: difference.currency.code, reason: difference.reason)
            },
            notOurs: statement.foreign.map {
                ReconciliationForeignDTO(kind: $0.what, currency: $0.currency.code, sum: .init($0.sum))
            },
            actions: Dictionary(uniqueKeysWithValues: statement.actions.map { ($0.key.rawValue, $0.value) }),
            objects: statement.objects)
    }
}

extension ReconciliationSumDTO {
    fileprivate init(_ sum: ReconciliationSum) { self.init(rows: sum.rows, amount: sum.amountMinor) }
}

extension ReconciliationFindingDTO {
    fileprivate init(_ stored: StoredFinding) {
        let finding = stored.finding
        self.init(
            id: stored.id, subject: finding.subject, kind: finding.kind, stripeID: finding.stripeID,
            orderID: finding.orderID, amount: MoneyDTO(finding.amount), occurredAt: TimeDTO(finding.at),
            firstSeenAt: TimeDTO(stored.firstSeenAt), lastSeenAt: TimeDTO(stored.lastSeenAt))
    }
}
