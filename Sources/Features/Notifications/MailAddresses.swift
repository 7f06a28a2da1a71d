public import Database
public import Kernel

/// Where users get their mail; implemented by whoever keeps the users.
public protocol MailAddresses: Sendable {
    /// The address of a user; nil when there is no such user, or none is known.
    func address(ofUser userID: String, in tx: Transaction) throws -> Redacted<String>?
}
