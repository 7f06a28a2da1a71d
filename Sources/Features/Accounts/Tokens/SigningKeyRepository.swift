internal import Crypto
internal import Database
internal import Kernel

/// A key pair as the database keeps it.
struct StoredSigningKey: Sendable {
    let keyID: String
    /// Rises by one with every key; the highest one signs.
    let generation: Int64
    let key: SigningKey
    /// From when it signs no more.
    let retireAt: Timestamp
}

/// The rows of signing keys, inside a transaction.
struct SigningKeyRepository {
    /// The transaction.
    let tx: Transaction

    /// All keys, the newest first. There are few: those that sign, and those whose last tokens still live.
    func all() throws -> [StoredSigningKey] {
        try tx.rows(
            "SELECT kid, generation, seed, retire_at_ms FROM signing_keys ORDER BY generation DESC", rowsMax: 1_000
        ).map { row in
            guard let key = SigningKey(seed: try row.blob("seed")) else { throw DatabaseError.unexpectedColumn("seed") }
            return StoredSigningKey(
                keyID: try row.text("kid"), generation: try row.int("generation"), key: key,
                retireAt: try row.time("retire_at_ms"))
        }
    }

    /// Adds the key of a generation; does nothing when another node has added that generation's.
    func insert(generation: Int64, seed: Redacted<[UInt8]>, key: SigningKey, at now: Timestamp, retireAt: Timestamp)
        throws
    {
        try tx.send(
            """
            INSERT INTO signing_keys (kid, generation, seed, created_at_ms, retire_at_ms)
            VALUES (\(SigningKeyID.of(key)), \(generation), \(seed.reveal()), \(now), \(retireAt))
            ON CONFLICT (generation) DO NOTHING
            """)
    }

    /// Deletes the keys that were retired before this moment; returns how many they were.
    func deleteRetired(before moment: Timestamp) throws -> Int {
        try tx.execute("DELETE FROM signing_keys WHERE retire_at_ms < \(moment)")
    }
}
