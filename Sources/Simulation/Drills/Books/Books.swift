public import Database
public import JSON
public import Kernel
private import Synchronization

/// The books of all sides once the world is calm: our rows, Stripe's objects, the mails, and what clients remember.
public struct Books: Sendable {
    /// Our rows.
    public let database: any Database
    /// Stripe's charges that succeeded.
    public var charges: [JSONValue]
    /// Stripe's payment intents.
    public var intents: [JSONValue]
    /// Stripe's refunds.
    public var refunds: [JSONValue]
    /// Stripe's Checkout Sessions.
    public var sessions: [JSONValue]
    /// What each of those sells, by its id.
    public var items: [String: [JSONValue]] = [:]
    /// The ids of Stripe's events.
    public var events: Set<String>
    /// The ids of the events that Stripe saw acknowledged with 2xx.
    public var acknowledged: Set<String>
    /// The names of the files in the mail folder.
    public var mails: Set<String>
    /// What clients were told.
    public let memory: Memory
    /// What the nodes' clocks say when the books are checked.
    public let now: Timestamp

    /// Reads Stripe's side. Throws ``DrillFailure``.
    public init(
        database: any Database, stripe: SandboxControl, acknowledged: Set<String>, mails: Set<String>, memory: Memory,
        now: Timestamp
    ) async throws {
        self.init(
            database: database, charges: try await stripe.list("/v1/charges"),
            intents: try await stripe.list("/v1/payment_intents"), refunds: try await stripe.list("/v1/refunds"),
            sessions: try await stripe.list("/v1/checkout/sessions"),
            events: Set(try await stripe.list("/v1/events").compactMap { $0["id"]?.string }),
            acknowledged: acknowledged, mails: mails, memory: memory, now: now)
        for session in sessions {
            guard let id = session["id"]?.string else { continue }
            items[id] = try await stripe.list("/v1/checkout/sessions/\(id)/line_items")
        }
    }

    /// Books that were read already; of `charges` those that succeeded count.
    public init(
        database: any Database, charges: [JSONValue], intents: [JSONValue], refunds: [JSONValue],
        sessions: [JSONValue], events: Set<String>, acknowledged: Set<String>, mails: Set<String>, memory: Memory,
        now: Timestamp
    ) {
        self.database = database
        self.charges = charges.filter { $0["status"] == "succeeded" && $0["captured"] != false }
        self.intents = intents
        self.refunds = refunds
        self.sessions = sessions
        self.events = events
        self.acknowledged = acknowledged
        self.mails = mails
        self.memory = memory
        self.now = now
    }

    /// How many rows a rule may read.
    private static let rowsMax = 1_000_000

    /// Rows of the database.
    public func rows(_ sql: SQL) async throws -> [Row] {
        try await database.read { tx in try tx.rows(sql, rowsMax: Self.rowsMax) }
    }

    /// Everything that breaks a rule. Throws `DatabaseError`.
    public func check(_ rules: [any Rule] = Rules.all) async throws -> [Violation] {
        var found: [Violation] = []
        for rule in rules { found += try await rule.violations(in: self) }
        return found
    }

    /// The order that a charge, an intent or a session is for; nil for one of somebody else.
    func order(of object: JSONValue) -> String? {
        if let id = object["metadata"]?["order_id"]?.string { return id }
        guard let intent = object["payment_intent"]?.string else { return nil }
        return intents.first { $0["id"]?.string == intent }?["metadata"]?["order_id"]?.string
    }
}

/// What must be so.
public protocol Rule: Sendable {
    /// The rule, in a sentence.
    var rule: String { get }
    /// What breaks it. Throws `DatabaseError`.
    func violations(in books: Books) async throws -> [Violation]
}

/// One breach of a rule.
public struct Violation: Sendable, Equatable, CustomStringConvertible {
    /// The rule that is broken.
    public let rule: String
    /// By what: ids and states.
    public let what: String
    /// Whose story tells more, if it is an order's.
    public let order: String?

    /// A breach.
    public init(rule: String, what: String, order: String? = nil) {
        self.rule = rule
        self.what = what
        self.order = order
    }

    /// Rule and breach.
    public var description: String { "\(rule): \(what)" }
}

/// A rule that compares sides.
public struct ComparedRule: Rule {
    /// What breaks it, and whose order it is.
    public typealias Breach = (what: String, order: String?)
    /// The rule.
    public let rule: String
    private let compare: @Sendable (Books) async throws -> [Breach]

    /// A rule in Swift.
    public init(_ rule: String, _ compare: @escaping @Sendable (Books) async throws -> [Breach]) {
        self.rule = rule
        self.compare = compare
    }

    /// What the comparison finds.
    public func violations(in books: Books) async throws -> [Violation] {
        try await compare(books).map { Violation(rule: rule, what: $0.what, order: $0.order) }
    }
}

/// The events that Stripe saw acknowledged, gathered while a drill runs: the sandbox shows only the newest deliveries.
public final class Acknowledged: Sendable {
    private let known = Mutex<Set<String>>([])

    /// None yet.
    public init() {}

    /// The ids so far.
    public var ids: Set<String> { known.withLock { $0 } }

    /// Looks once. Called often enough that no more than a thousand deliveries end in between.
    public func look(at stripe: SandboxControl) async {
        let delivered = (await stripe.read("/_sandbox/deliveries")["data"]?.array ?? [])
            .filter { $0["status"] == "delivered" }.compactMap { $0["event"]?.string }
        known.withLock { $0.formUnion(delivered) }
    }
}
