private import Synchronization

/// What clients were told by answers of 2xx, and so what must be true for ever.
public final class Memory: Sendable {
    /// One thing that a client knows.
    public enum Fact: Sendable, Equatable {
        /// 201 of a registration.
        case registered(email: String)
        /// 201 of an order.
        case ordered(order: String, totalMinor: Int64)
        /// 200 of a payment's opening.
        case opened(order: String, intent: String, amountMinor: Int64)
        /// 200 of a cancellation.
        case canceled(order: String)
        /// The order was read as paid.
        case paid(order: String)
        /// 201 or 202 of a refund.
        case refunded(refund: String, order: String, amountMinor: Int64)
        /// 201 of a purchase's beginning.
        case begun(reference: Int64, session: String, priceMinor: Int64)
        /// 200 of a purchase's confirmation.
        case confirmed(reference: Int64, device: String, product: String)
        /// Stripe told the payer's browser that an intent succeeded.
        case charged(intent: String)
        /// Stripe's page took the payer's money.
        case paidPage(session: String)
    }

    private struct State {
        var facts: [Fact] = []
        var orderWishes = 0
        var passWishes = 0
        var refundWishes = 0
        var unserved: [String] = []
        var lives = 0
    }
    private let state = Mutex(State())

    /// Nothing yet.
    public init() {}

    /// All facts, in the order in which they were learnt.
    public var facts: [Fact] { state.withLock { $0.facts } }
    /// Whether something was paid, delivered to a device, and given back.
    public var hasEverything: Bool {
        let facts = facts
        return facts.contains { if case .paid = $0 { true } else { false } }
            && facts.contains { if case .confirmed = $0 { true } else { false } }
            && facts.contains { if case .refunded = $0 { true } else { false } }
    }
    /// How many orders were wished for, each with a key of its own: there can be no more.
    public var orderWishes: Int { state.withLock { $0.orderWishes } }
    /// How many passes were wished for, likewise.
    public var passWishes: Int { state.withLock { $0.passWishes } }
    /// How many refunds were wished for, likewise.
    public var refundWishes: Int { state.withLock { $0.refundWishes } }
    /// Requests of patient clients that had no good answer when the calm was over.
    public var unserved: [String] { state.withLock { $0.unserved } }
    /// How many buyers' lives there were.
    public var lives: Int { state.withLock { $0.lives } }

    /// Keeps a fact.
    public func learn(_ fact: Fact) { state.withLock { $0.facts.append(fact) } }
    /// Counts a wish for an order.
    public func wishOrder() { state.withLock { $0.orderWishes += 1 } }
    /// Counts a wish for a pass.
    public func wishPass() { state.withLock { $0.passWishes += 1 } }
    /// Counts a wish for a refund.
    public func wishRefund() { state.withLock { $0.refundWishes += 1 } }
    /// Keeps that somebody waited in vain.
    public func waitedInVain(_ what: String) { state.withLock { $0.unserved.append(what) } }
    /// Counts a life.
    public func beginLife() { state.withLock { $0.lives += 1 } }
}
