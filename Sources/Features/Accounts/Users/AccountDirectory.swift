public import Database
public import Identity
public import Kernel

/// Who users are: by their accounts.
public struct AccountDirectory: UserDirectory {
    /// The most ids of one question (law 14).
    static let idsMax = 200

    /// Of the accounts of the transaction's database.
    public init() {}

    /// The addresses of users by their ids; those beyond the first 200 ids are not looked up. Throws `DatabaseError`.
    public func addresses(ofUsers ids: [String], in tx: Transaction) throws -> [String: Redacted<String>] {
        let wanted = Array(Set(ids).sorted().prefix(Self.idsMax))
        guard !wanted.isEmpty else { return [:] }
        let places = wanted.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        let rows = try tx.rows(
            SQL(unsafe: "SELECT id, email FROM users WHERE id IN (\(places))", values: wanted.map { .text($0) }))
        return Dictionary(
            try rows.map { (try $0.text("id"), Redacted(try $0.text("email"))) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The id of the user with an address. Throws `DatabaseError`.
    public func userID(ofAddress address: Redacted<String>, in tx: Transaction) throws -> String? {
        guard let email = try? EmailAddress(address) else { return nil }  // What is no address is nobody's.
        return try UserRepository(tx: tx).find(email)?.user.id.rawValue
    }
}
