public import Kernel

/// What money was reconciled.
public enum ReconciliationSubject: String, Sendable, CaseIterable {
    /// Collected charges at Stripe, payments here.
    case charge
    /// Refunds of any state; only those that have gone count as money.
    case refund
}

/// What a reconciliation did, or would do.
public enum ReconciliationAction: String, Sendable, CaseIterable {
    /// Events that no webhook brought were taken into the inbox.
    case eventsTaken = "events_taken"
    /// Unknown outcomes were resolved, and orders canceled whose time was over or that were being canceled.
    case outcomesResolved = "outcomes_resolved"
    /// Outcomes are still not known; the sweep tries again.
    case outcomesUnresolved = "outcomes_unresolved"
    /// Charges without a row were recorded.
    case chargesRecorded = "charges_recorded"
    /// Refunds without a row, or further on than theirs, were applied.
    case refundsApplied = "refunds_applied"
    /// Disputes were applied.
    case disputesApplied = "disputes_applied"
    /// Intents that must not be paid any more are to be canceled.
    case intentsCanceled = "intents_canceled"
    /// Payment pages whose end no event had told were applied.
    case pagesApplied = "pages_applied"
}

/// How many, and how much.
public struct ReconciliationSum: Sendable, Equatable {
    /// How many objects or rows.
    public var rows: Int64
    /// How much money, in minor units.
    public var amountMinor: Int64

    /// So many of so much, by default nothing.
    public init(rows: Int64 = 0, amountMinor: Int64 = 0) {
        self.rows = rows
        self.amountMinor = amountMinor
    }
}

/// The end of a reconciliation: every charge and refund of a period at Stripe against exactly one row here.
///
/// Matched by ids, over Stripe's `created`; our own times decide nothing but which period a row belongs to that Stripe
/// does not have.
public struct ReconciliationStatement: Sendable, Equatable {
    /// One kind of money in one currency.
    public struct Line: Sendable, Equatable {
        /// What.
        public let subject: ReconciliationSubject
        /// In which currency.
        public let currency: Currency
        /// What Stripe has.
        public var atStripe = ReconciliationSum()
        /// What is recorded here.
        public var here = ReconciliationSum()
        /// How many objects have no row; never set off against ``onlyHere``.
        public var onlyAtStripe: Int64 = 0
        /// How many rows have no object.
        public var onlyHere: Int64 = 0
        /// How many pairs differ in amount or currency.
        public var differing: Int64 = 0

        /// Stripe's side less ours.
        public var difference: ReconciliationSum {
            ReconciliationSum(
                rows: atStripe.rows - here.rows, amountMinor: atStripe.amountMinor - here.amountMinor)
        }

        /// Whether there is no difference of any kind.
        public var isBalanced: Bool {
            onlyAtStripe == 0 && onlyHere == 0 && differing == 0 && difference == ReconciliationSum()
        }
    }

    /// Where a difference is.
    public enum Side: String, Sendable {
        /// Stripe has it, and there is no row.
        case onlyAtStripe = "only_at_stripe"
        /// There is a row, and Stripe does not have it.
        case onlyHere = "only_here"
        /// Both have it, in another amount or currency.
        case differs
    }

    /// An object or a row that does not fit.
    public struct Difference: Sendable, Equatable {
        /// What.
        public let subject: ReconciliationSubject
        /// Where.
        public let side: Side
        /// Stripe's id of it, as far as it is known.
        public let stripeID: String
        /// The order, where a row names one.
        public let orderID: String?
        /// Stripe's amount, in minor units.
        public let atStripeMinor: Int64?
        /// Ours.
        public let hereMinor: Int64?
        /// In which currency.
        public let currency: Currency
        /// A stable word: why it could not be healed.
        public let reason: String?
        /// When Stripe made it; for what Stripe does not have, when it was recorded.
        public let at: Timestamp
    }

    /// What was seen at Stripe that is not ours.
    public struct Foreign: Sendable, Equatable {
        /// `charge`, `refund`, `dispute`, `payment_intent`.
        public let what: String
        /// In which currency.
        public let currency: Currency
        /// How many, and how much.
        public let sum: ReconciliationSum
    }

    /// The run's id.
    public let id: String
    /// Which charges and refunds.
    public let period: ReconciliationPeriod
    /// When it was drawn up.
    public let finishedAt: Timestamp
    /// Whether nothing was changed.
    public let isDryRun: Bool
    /// Everything, by kind and currency.
    public let lines: [Line]
    /// What does not fit, oldest first, at most ``differencesMax``; the lines count all.
    public let differences: [Difference]
    /// What is not ours.
    public let foreign: [Foreign]
    /// What was done, or would be.
    public let actions: [ReconciliationAction: Int64]
    /// How many objects were read, of whatever kind.
    public let objects: Int64

    /// The most differences that are listed.
    public static let differencesMax = 100

    /// Whether there is no difference: what the exit status says.
    public var isBalanced: Bool { lines.allSatisfy(\.isBalanced) }
}
