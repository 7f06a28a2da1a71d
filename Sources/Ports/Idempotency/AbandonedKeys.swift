public import Database

/// Keys of requests that were under way when their process died.
public enum AbandonedKeys {
    /// Frees every key whose request is not over, in a transaction. Only for a process that knows that no other one serves
    /// the database, as it begins: then nobody is at work on any of them, and their repeats need not wait for the lease.
    public static func free(in tx: Transaction) throws {
        try tx.send("DELETE FROM idempotency_keys WHERE status IS NULL")
    }
}
