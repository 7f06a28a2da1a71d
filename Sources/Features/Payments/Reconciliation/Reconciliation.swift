internal import Database
internal import JSON
internal import Kernel
internal import StripeClient

/// Law 8: what the events missed, reconciliation finds. It reads Stripe's objects as well as its event list, resolves
/// unknown outcomes, applies what was missed through the paths that events take, cancels what must not be paid any
/// more, flags what it cannot decide, and ends with a statement.
///
/// Everything it does applies once, so a run may be interrupted and begun anew, and may race with webhooks, requests,
/// the sweep, and even with another run; a lease in the database keeps it to one run at a time all the same. Its memory
/// does not grow with the period: objects come in pages of 100, and the two sides are compared by the database.
///
/// Cost of a page of 100 objects: one request, one or two queries, and one transaction that counts them; each object
/// with news costs a request and a transaction more.
public struct Reconciliation: Sendable {
    let database: any Database
    let parts: [any ReconciledObjects]
    let clock: any WallClock
    let ids: IDGenerator
    let log: Log

    /// The most findings that one run raises; the next one goes on when these are settled.
    static let findingsMax = 1000

    /// Reconciles a period. `progress` is called after every page, on no particular thread.
    ///
    /// A dry run reads the same and changes nothing but rows of its own that are gone when it ends: its statement tells
    /// what it found, and its actions what a run would do. It needs no lease, and leaves no statement behind.
    /// Throws `ReconciliationUnderWay` while another run is under way, `StripeError` when Stripe cannot be asked,
    /// `DatabaseError`, and `CancellationError`; nothing of what was healed until then is lost, and the next run begins
    /// anew.
    public func run(
        _ period: ReconciliationPeriod, isDryRun: Bool = false, cause: Cause = .command("reconcile"),
        progress: @Sendable (ReconciliationProgress) -> Void = { _ in }
    ) async throws -> ReconciliationStatement {
        let run = ReconciliationRun(
            id: ids.uuid(), period: period, isDryRun: isDryRun, cause: cause, startedAt: clock.now())
        if !isDryRun {
            try await database.write { tx in try ReconciliationRunRepository(tx: tx).begin(run) }
        }
        do {
            let statement = try await reconcile(run, progress)
            try await clear(run)
            return statement
        } catch {
            // The next run need not wait for the lease. What cannot be written now is left to the lease.
            log.warning("reconciliation_interrupted", ["run": .string(run.id), "error": .string("\(error)")])
            let now = clock.now()
            do {
                try await database.write { tx in
                    try ReconciliationRunRepository(tx: tx).end(run.id, finished: false, at: now)
                }
                try await clear(run)
            } catch {
                log.warning("reconciliation_not_cleared", ["run": .string(run.id), "error": .string("\(error)")])
            }
            throw error
        }
    }

    private func reconcile(
        _ run: ReconciliationRun, _ progress: @Sendable (ReconciliationProgress) -> Void
    ) async throws -> ReconciliationStatement {
        var tally = ReconciliationTally()
        var objects: Int64 = 0
        for (index, part) in parts.enumerated() {
            var cursor: String?
            repeat {
                try Task.checkCancellation()
                let page = try await part.page(after: cursor, of: run)
                objects += Int64(page.count)
                tally.add(page.tally)
                try await keep(page, of: run, phase: part.name, objects: objects)
                progress(
                    ReconciliationProgress(
                        phase: part.name, phaseNumber: index + 1, phaseCount: parts.count, objects: objects,
                        share: page.cursor == nil ? 1 : run.period.share(page.reached)))
                cursor = page.cursor
            } while cursor != nil
        }
        return try await finish(run, tally, objects: objects)
    }

    /// One transaction a page: what it counts, what it found, and a sign of life.
    private func keep(
        _ page: ReconciledPage, of run: ReconciliationRun, phase: String, objects: Int64
    ) async throws {
        if run.isDryRun, page.counted.isEmpty { return }
        let now = clock.now()
        let fresh = try await database.write { [ids] tx -> [ReconciliationFinding] in
            try CountedObjectRepository(tx: tx, run: run.id).add(page.counted)
            if run.isDryRun { return [] }
            try ReconciliationRunRepository(tx: tx).renew(
                run.id, phase: phase, cursor: page.cursor, objects: objects, at: now)
            return try ReconciliationFindingRepository(tx: tx).raise(page.findings, at: now, ids: ids)
        }
        report(fresh)
    }

    /// Draws up the statement, raises what it cannot settle, and closes what is settled: one reading and one writing
    /// transaction.
    private func finish(
        _ run: ReconciliationRun, _ tally: ReconciliationTally, objects: Int64
    ) async throws -> ReconciliationStatement {
        let (lines, differences) = try await database.read { tx in
            let comparison = ReconciliationComparison(tx: tx, run: run)
            return (try comparison.lines(), try comparison.differences(limit: Self.findingsMax))
        }
        let now = clock.now()
        let statement = ReconciliationStatement(
            id: run.id, period: run.period, finishedAt: now, isDryRun: run.isDryRun, lines: lines,
            differences: Array(differences.prefix(ReconciliationStatement.differencesMax)),
            foreign: tally.foreign.map {
                ReconciliationStatement.Foreign(what: $0.key.what, currency: $0.key.currency, sum: $0.value)
            }.sorted { ($0.what, $0.currency.code) < ($1.what, $1.currency.code) },
            actions: tally.actions, objects: objects)
        if !run.isDryRun {
            let body = try statement.text()
            let findings = differences.prefix(Self.findingsMax).map(\.finding)
            let fresh = try await database.write { [ids] tx -> [ReconciliationFinding] in
                let runs = ReconciliationRunRepository(tx: tx)
                guard try runs.end(run.id, finished: true, at: now) else {
                    throw ReconciliationUnderWay(until: nil)
                }
                try runs.append(statement, body: body)
                let repository = ReconciliationFindingRepository(tx: tx)
                let fresh = try repository.raise(findings, at: now, ids: ids)
                try repository.resolve(of: run, at: now)
                return fresh
            }
            report(fresh)
        }
        log.log(
            statement.isBalanced ? .info : .warning, "reconciliation_statement",
            [
                ("run", .string(run.id)), ("balanced", .bool(statement.isBalanced)), ("dry_run", .bool(run.isDryRun)),
                ("objects", .int(objects)), ("differences", .int(Int64(differences.count))),
            ])
        return statement
    }

    private func clear(_ run: ReconciliationRun) async throws {
        var removed: Int
        repeat {
            let now = clock.now()
            removed = try await database.write { tx in
                try CountedObjectRepository(tx: tx, run: run.id).removeSome(at: now)
            }
        } while removed > 0
    }

    private func report(_ findings: [ReconciliationFinding]) {
        for finding in findings {
            log.warning(
                "reconciliation_finding",
                [
                    "subject": .string(finding.subject), "kind": .string(finding.kind),
                    "stripe_id": .string(finding.stripeID), "order_id": .string(finding.orderID ?? ""),
                    "amount": .int(finding.amount.amountMinor), "currency": .string(finding.amount.currency.code),
                ])
        }
    }
}

/// How far a run is.
public struct ReconciliationProgress: Sendable, Equatable {
    /// What is being read: `charges`.
    public let phase: String
    /// Which phase that is, from 1.
    public let phaseNumber: Int
    /// How many phases there are.
    public let phaseCount: Int
    /// How many objects were read, in all phases.
    public let objects: Int64
    /// How much of the phase is done, 0 to 1: Stripe does not tell how many there are, so by their times.
    public let share: Double
}

extension ReconciliationPeriod {
    /// How much of the period is read once the reading, from its end to its beginning, has come to `moment`.
    fileprivate func share(_ moment: Timestamp?) -> Double {
        guard let moment else { return 0 }
        let share = Double(until.since(moment).milliseconds) / Double(until.since(since).milliseconds)
        return min(max(share, 0), 1)
    }
}

extension ReconciliationStatement.Difference {
    fileprivate var finding: ReconciliationFinding {
        ReconciliationFinding(
            subject: subject.rawValue, kind: reason ?? side.rawValue, stripeID: stripeID, orderID: orderID,
            amount: Money(atStripeMinor ?? hereMinor ?? 0, currency), at: at)
    }
}
