public import Database
public import Kernel

/// Which installation this is: written into the metadata of everything we make at Stripe, so that two installations
/// on one Stripe account tell their objects apart.
public struct Installation: Sendable, Equatable {
    /// A UUID, made once per database.
    public let id: String

    /// The name under which it stands in the metadata.
    static let mark = "kessai_installation"

    /// Whether an object at Stripe says that an installation of this application made it. What somebody makes by hand,
    /// on the dashboard say, does not, also where it names an order.
    static func marks(_ metadata: [String: String]) -> Bool { metadata[mark] != nil }

    /// The database's installation, made when there is none; every node of one database gets the same.
    public static func load(from database: any Database, ids: IDGenerator) async throws -> Installation {
        let fresh = ids.uuid()
        return try await database.write { tx in try load(in: tx, orMake: fresh) }
    }

    /// The same within a transaction; `fresh` is the id where there is none yet.
    public static func load(in tx: Transaction, orMake fresh: String) throws -> Installation {
        try tx.send(
            "INSERT INTO installation (singleton, id) VALUES (1, \(fresh)) ON CONFLICT (singleton) DO NOTHING")
        guard let row = try tx.row("SELECT id FROM installation WHERE singleton = 1") else {
            throw DatabaseError.unexpectedRowCount(0)
        }
        return Installation(id: try row.text("id"))
    }
}
