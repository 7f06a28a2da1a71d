public import Database
public import Kernel
public import Notifications

/// Where users get their mail: at the address of their account. A disabled account gets none.
public struct UserMailAddresses: MailAddresses {
    /// Of the accounts of the transaction's database.
    public init() {}

    /// The address of a user. Throws `DatabaseError`.
    public func address(ofUser userID: String, in tx: Transaction) throws -> Redacted<String>? {
        try tx.row("SELECT email FROM users WHERE id = \(userID) AND disabled_at_ms IS NULL")
            .map { Redacted(try $0.text("email")) }
    }
}
