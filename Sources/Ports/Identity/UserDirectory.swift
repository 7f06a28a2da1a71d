public import Database
public import Kernel

/// Who users are, for operators; implemented by whoever keeps the users. Features that hold a user's id show an address
/// beside it without knowing the accounts.
public protocol UserDirectory: Sendable {
    /// The addresses of users by their ids, of disabled users too; ids that nobody has are left out. At most 200 ids.
    /// Throws `DatabaseError`.
    func addresses(ofUsers ids: [String], in tx: Transaction) throws -> [String: Redacted<String>]

    /// The id of the user with an address, in any letter case; nil when nobody has it, or it is no address. Throws
    /// `DatabaseError`.
    func userID(ofAddress address: Redacted<String>, in tx: Transaction) throws -> String?
}
