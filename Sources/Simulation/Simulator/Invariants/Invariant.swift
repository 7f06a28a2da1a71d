public import BookRules
public import Database
public import JSON
internal import Kernel

/// What must be so once the world is calm, whatever happened before.
public protocol Invariant: Sendable {
    /// The rule, in a sentence.
    var rule: String { get }
    /// What breaks it; empty when nothing does.
    func violations(in books: Books) async throws -> [String]
}

/// Both sides' books at the end of a history: our rows and Stripe's objects.
public struct Books: Sendable {
    let world: SimulatedWorld
    /// Stripe's charges that succeeded.
    public let charges: [JSONValue]
    /// Stripe's payment intents.
    public let intents: [JSONValue]
    /// Stripe's refunds.
    public let refunds: [JSONValue]
    /// Stripe's Checkout Sessions.
    public let sessions: [JSONValue]
    /// Stripe's disputes.
    public let disputes: [JSONValue]

    init(_ world: SimulatedWorld) async {
        self.world = world
        charges = await world.list("/v1/charges").filter { $0["status"] == "succeeded" }
        intents = await world.list("/v1/payment_intents")
        refunds = await world.list("/v1/refunds")
        sessions = await world.list("/v1/checkout/sessions")
        disputes = await world.list("/v1/disputes")
    }

    /// Rows of the database.
    public func rows(_ sql: SQL) async throws -> [Row] { try await world.database.read { tx in try tx.rows(sql) } }
}

extension BookRule: Invariant {
    /// The rows of its query.
    public func violations(in books: Books) async throws -> [String] {
        try await breaches(in: books.world.database, atMs: books.world.clock.now().epochMs).map { breach in
            guard let order = breach.order, order != breach.what else { return breach.what }
            return "\(breach.what), order \(order)"
        }
    }
}

/// A rule that needs both sides.
struct ComparedInvariant: Invariant {
    let rule: String
    private let compare: @Sendable (Books) async throws -> [String]

    init(_ rule: String, _ compare: @escaping @Sendable (Books) async throws -> [String]) {
        self.rule = rule
        self.compare = compare
    }

    func violations(in books: Books) async throws -> [String] { try await compare(books) }
}
