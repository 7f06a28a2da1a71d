internal import Crypto
internal import Database
internal import Kernel

/// Slows down who guesses the passwords of one address: after ``failuresMax`` failures within ``window`` every log-in
/// of the address is refused until the window ends, with nothing hashed. Addresses without an account are counted
/// alike, so that the brake tells nothing.
///
/// The count is in the database, and so holds for all nodes and over restarts. A log-in that succeeds ends it, and a
/// refused one does not lengthen it: a stranger can keep the owner out for the rest of a window, and must fail ten
/// times again for the next. Attempts that were being hashed when the brake came on (at most the hasher's queue of each
/// node) are still answered.
public struct LoginBrake: Sendable {
    /// How many failures are free.
    public static let failuresMax: Int64 = 10
    /// From the first failure to the end of the count: 15 minutes.
    public static let window = Duration.seconds(15 * 60)
    /// How many counts one transaction of ``prune()`` deletes.
    static let pruneMax = 1_000

    let database: any Database
    let clock: any WallClock

    /// What is counted for an address now.
    struct Failures: Sendable {
        let count: Int64
        /// Until the next log-in may be tried, at least 1; nil when it may be now.
        let retryAfterSeconds: Int64?
        var isBraking: Bool { retryAfterSeconds != nil }
    }

    /// The failures of an address.
    func failures(for email: EmailAddress, in tx: Transaction) throws -> Failures {
        let now = clock.now()
        let row = try tx.row(
            """
            SELECT failures, ends_at_ms FROM login_failures
            WHERE address_hash = \(Self.hash(of: email)) AND ends_at_ms > \(now)
            """)
        guard let row else { return Failures(count: 0, retryAfterSeconds: nil) }
        let count = try row.int("failures")
        guard count >= Self.failuresMax else { return Failures(count: count, retryAfterSeconds: nil) }
        let leftMs = try row.time("ends_at_ms").epochMs - now.epochMs
        return Failures(count: count, retryAfterSeconds: (leftMs + 999) / 1_000)
    }

    /// Counts a failure. Throws `DatabaseError`: what cannot be counted is not answered.
    func count(_ email: EmailAddress) async throws {
        let now = clock.now()
        let end = now.adding(Self.window)
        try await database.write { tx in
            try tx.execute(
                """
                INSERT INTO login_failures (address_hash, failures, ends_at_ms)
                VALUES (\(Self.hash(of: email)), 1, \(end))
                ON CONFLICT (address_hash) DO UPDATE SET
                    failures = CASE WHEN login_failures.ends_at_ms <= \(now) THEN 1
                        ELSE login_failures.failures + 1 END,
                    ends_at_ms = CASE WHEN login_failures.ends_at_ms <= \(now) THEN excluded.ends_at_ms
                        ELSE login_failures.ends_at_ms END
                """)
        }
    }

    /// Forgets the failures of an address: its owner is there.
    func release(_ email: EmailAddress) async throws {
        try await database.write { try release(email, in: $0) }
    }

    /// The same within a transaction.
    func release(_ email: EmailAddress, in tx: Transaction) throws {
        try tx.execute("DELETE FROM login_failures WHERE address_hash = \(Self.hash(of: email))")
    }

    /// Deletes the counts whose time is over. Harmless to repeat. Throws `DatabaseError`.
    public func prune() async throws {
        let now = clock.now()
        while true {
            let deleted = try await database.write { tx in
                try tx.execute(
                    """
                    DELETE FROM login_failures WHERE address_hash IN (
                        SELECT address_hash FROM login_failures WHERE ends_at_ms <= \(now)
                        ORDER BY ends_at_ms LIMIT \(Self.pruneMax))
                    """)
            }
            if deleted < Self.pruneMax { return }
        }
    }

    private static func hash(of email: EmailAddress) -> String {
        Hex.encode(Digest.sha256(Array(email.key.reveal().utf8)))
    }
}
