public import Database

/// How a feature delivers what it sold. Implemented by every seller, called by Payments inside the transaction that
/// marks the order paid (law 4): when it throws, the order is not paid either, and the event is applied again later.
///
/// It may run more than once before a transaction commits, so it has no effect beside the database: what leaves the
/// machine goes into the outbox.
public protocol Fulfilment: Sendable {
    /// The seller whose orders it delivers, as orders name it.
    var seller: String { get }

    /// Delivers a paid order.
    func fulfil(_ order: Order, in tx: Transaction) throws

    /// Gives back what was held for an order that will never be paid.
    func release(_ order: Order, in tx: Transaction) throws
}

/// The fulfilments of all sellers.
struct Fulfilments: Sendable {
    private let bySeller: [String: any Fulfilment]

    init(_ fulfilments: [any Fulfilment]) {
        bySeller = Dictionary(fulfilments.map { ($0.seller, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The fulfilment of an order's seller. Throws when this installation no longer has it, so that nothing is marked
    /// paid that nobody delivers.
    func of(_ order: Order) throws -> any Fulfilment {
        guard let fulfilment = bySeller[order.seller] else { throw MissingFulfilment(seller: order.seller) }
        return fulfilment
    }
}

/// An order's seller has no fulfilment here.
struct MissingFulfilment: Error {
    let seller: String
}
