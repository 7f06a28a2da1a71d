internal import Database
internal import JSON
internal import Kernel
internal import StripeClient

/// One kind of things at Stripe that reconciliation reads, page by page, and heals from. Another kind joins by another
/// implementation in ``Reconciliation``'s list.
///
/// A page that is read twice, or by two runs at once, does no harm: everything applies once.
protocol ReconciledObjects: Sendable {
    /// Its stable name: `charges`.
    var name: String { get }
    /// Reads the page behind `cursor` (nil: the first) and heals from it, or only says what it would do.
    func page(after cursor: String?, of run: ReconciliationRun) async throws -> ReconciledPage
}

/// A run of reconciliation.
struct ReconciliationRun: Sendable {
    let id: String
    let period: ReconciliationPeriod
    let isDryRun: Bool
    let cause: Cause
    let startedAt: Timestamp
}

/// What came of a page.
struct ReconciledPage: Sendable {
    /// How many objects it had.
    let count: Int
    /// Where the next one begins; nil at the end.
    let cursor: String?
    /// The `created` of its oldest object, which says how far on the run is.
    var reached: Timestamp?
    /// What was done.
    var tally = ReconciliationTally()
    /// What the statement is to count; at most 100.
    var counted: [CountedObject] = []
    /// What a person must look at beside the statement's differences; at most 100.
    var findings: [ReconciliationFinding] = []

    /// A page of a list of Stripe's.
    init<Element: StripeObject>(_ list: StripeList<Element>) {
        count = list.data.count
        cursor = list.hasMore ? list.data.last?.id.rawValue : nil
    }

    /// A page of something else.
    init(count: Int, cursor: String?) {
        self.count = count
        self.cursor = cursor
    }
}

/// A charge or refund of ours for the statement.
struct CountedObject: Sendable, Equatable {
    /// Which side has it: what both have is told by Stripe's.
    enum Side: String, Sendable { case stripe, here }

    let subject: ReconciliationSubject
    var side = Side.stripe
    let stripeID: String
    let paymentIntentID: String?
    /// The money that has moved: nothing for a refund that has not gone.
    let moved: Money
    let created: Timestamp
    /// Why there is no row for it, or it has no object.
    var reason: String?
}

/// What was done and what was passed over, so far. Its size does not grow with the number of objects.
struct ReconciliationTally: Sendable {
    struct ForeignKind: Hashable, Sendable {
        let what: String
        let currency: Currency
    }

    private(set) var actions: [ReconciliationAction: Int64] = [:]
    private(set) var foreign: [ForeignKind: ReconciliationSum] = [:]

    mutating func did(_ action: ReconciliationAction, _ count: Int64 = 1) {
        if count > 0 { actions[action, default: 0] += count }
    }

    mutating func passed(_ what: String, _ amount: Money) {
        add(foreign: ForeignKind(what: what, currency: amount.currency), rows: 1, amount.amountMinor)
    }

    mutating func add(_ other: ReconciliationTally) {
        for (action, count) in other.actions { did(action, count) }
        for (kind, sum) in other.foreign { add(foreign: kind, rows: sum.rows, sum.amountMinor) }
    }

    private mutating func add(foreign kind: ForeignKind, rows: Int64, _ amountMinor: Int64) {
        foreign[kind, default: ReconciliationSum()].rows += rows
        foreign[kind, default: ReconciliationSum()].amountMinor += amountMinor
    }
}

extension SQL {
    /// A statement of `head` and a list of at most 100 texts in brackets. The list is always as long as a page, its last
    /// text repeated, so that a database prepares one statement and not a hundred.
    static func among(_ head: String, _ texts: [String]) -> SQL {
        let padded = texts + Array(repeating: texts.last ?? "", count: max(0, Self.pageSize - texts.count))
        return SQL(unsafe: "\(head) (\(places))", values: padded.map(\.sqlValue))
    }

    private static let places = (1...pageSize).map { "$\($0)" }.joined(separator: ", ")

    /// How many objects a page of Stripe's has at most.
    static var pageSize: Int { 100 }
}
