internal import Database
internal import Kernel
internal import StripeClient

/// Payment pages: one that is finished or over while its order still waits is read and applied, and one that still takes
/// money for an order that must not is closed.
///
/// Cost of a page of the list: one request and one query; for each that is behind a request and a transaction more.
struct ReconcileCheckouts: ReconciledObjects {
    let database: any Database
    let stripe: StripeGateway
    let owner: ReconciliationOwner
    let checkouts: Checkouts
    let log: Log
    let name = "checkout_sessions"

    func page(after cursor: String?, of run: ReconciliationRun) async throws -> ReconciledPage {
        let list = try await stripe.checkoutSessions(in: run.period, after: cursor)
        var page = ReconciledPage(list)
        page.reached = list.data.last?.created
        let named = list.data.compactMap { $0.metadata["order_id"] }
        let standing = try await database.read { tx in try CheckoutRepository(tx: tx).standing(of: named) }
        for session in list.data {
            guard try await owner.isOurs(session.metadata),
                let id = session.metadata["order_id"].flatMap({ OrderID(untrusted: $0) })
            else {
                if let amount = session.amountTotal { page.tally.passed("checkout_session", amount) }
                continue
            }
            guard let stands = standing[id] else {
                // Unpaid pages of an order that is not here take no harm; what was paid is a charge's finding.
                if session.status == .open, let amount = session.amountTotal {
                    page.findings.append(
                        ReconciliationFinding(
                            subject: "checkout_session", kind: "order_unknown", stripeID: session.id.rawValue,
                            orderID: id.rawValue, amount: amount, at: session.created))
                }
                continue
            }
            if try await bring(session, stands, run) { page.tally.did(.pagesApplied) }
        }
        return page
    }

    /// Brings one page and its order together; returns whether there was anything to do.
    private func bring(
        _ session: StripeCheckoutSession, _ stands: CheckoutStanding, _ run: ReconciliationRun
    ) async throws -> Bool {
        let isBehind =
            session.status == .open
            ? !stands.isPending
            : stands.isPending && !(session.isWaiting && stands.state == .processing)
        guard isBehind || session.isWaiting && stands.isPending else { return false }
        if run.isDryRun { return isBehind }
        do {
            if session.status == .open {
                _ = try await checkouts.close(stands.orderID, cause: run.cause)
            } else {
                _ = try await checkouts.verify(stands.orderID, cause: run.cause)
            }
        } catch let error as DatabaseError where !error.isOfTheStatement {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            // One page that cannot be applied does not keep the others waiting; its charge shows in the statement. When
            // Stripe is away, the next list says so.
            log.error(
                "reconciliation_not_applied",
                [
                    "what": "checkout_session", "id": .string(session.id.rawValue),
                    "error": .string(String(describing: error)),
                ])
            return false
        }
        return isBehind
    }
}

/// Where the page of an order stands here.
struct CheckoutStanding: Sendable {
    let orderID: OrderID
    let state: CheckoutSession.State
    /// Whether its order waits for money.
    let isPending: Bool
}

extension StripeCheckoutSession {
    /// Whether the buyer has finished and the money has not come.
    fileprivate var isWaiting: Bool { status == .complete && paymentStatus == .unpaid }
}

extension CheckoutRepository {
    /// Where the pages of orders stand; those that are not here are left out. At most 100 orders.
    fileprivate func standing(of orders: [String]) throws -> [OrderID: CheckoutStanding] {
        guard !orders.isEmpty else { return [:] }
        let rows = try tx.rows(
            .among(
                """
                SELECT c.order_id, c.state, o.status FROM checkout_sessions c JOIN orders o ON o.id = c.order_id
                WHERE c.order_id IN
                """, orders))
        var standing: [OrderID: CheckoutStanding] = [:]
        for row in rows {
            let id: OrderID = try row.id("order_id")
            guard let state = CheckoutSession.State(rawValue: try row.text("state")) else {
                throw DatabaseError.unexpectedColumn("state")
            }
            standing[id] = CheckoutStanding(
                orderID: id, state: state, isPending: try row.text("status") == OrderStatus.pending.rawValue)
        }
        return standing
    }
}
