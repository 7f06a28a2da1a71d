internal import Database
internal import Kernel

/// Whose an object at Stripe is: several installations, and things that are no installation's, share an account.
struct ReconciliationOwner: Sendable {
    let database: any Database
    let installation: Installation

    /// Whether metadata name this installation, or no installation and an order that is here: as the inbox takes them.
    func isOurs(_ metadata: [String: String]) async throws -> Bool {
        if let named = metadata[Installation.mark] { return named == installation.id }
        return try await isHere(metadata)
    }

    /// Whether the order that metadata name is here.
    func isHere(_ metadata: [String: String]) async throws -> Bool {
        guard let order = metadata["order_id"].flatMap({ OrderID(untrusted: $0) }) else { return false }
        return try await database.read { tx in try OrderRepository(tx: tx).find(.id(order)) != nil }
    }
}
