internal import Crypto
public import Database
public import Kernel
private import Synchronization

/// The keys that sign and prove tokens. They live in the database, so that every node proves what any node has signed.
///
/// The first node that needs a key makes it. A key signs for 30 days; then whoever logs in next makes the next one. A
/// retired key proves its last tokens until they have expired, and is then deleted. The seeds stand in the database
/// as they are: whoever can read the whole database can log in as anybody until the keys are replaced.
public final class SigningKeys: Sendable {
    /// For how long a key signs.
    static let signsFor = Duration.seconds(30 * 86_400)
    /// How often a second the database is asked for names of keys that this node does not know (law 14).
    static let unknownKeysPerSecondMax = 20

    private struct Cache {
        var keys: [StoredSigningKey] = []
        var windowStart = Timestamp(epochMs: .min)
        var lookupsInWindow = 0
    }

    private let database: any Database
    private let clock: any WallClock
    private let random: any RandomSource
    private let cache = Mutex(Cache())

    /// The keys of a database. `random` must be fit for secrets.
    public init(database: any Database, clock: any WallClock, random: any RandomSource) {
        self.database = database
        self.clock = clock
        self.random = random
    }

    /// What `rotate()` did.
    public struct Rotation: Sendable, Equatable {
        /// How many old keys were deleted.
        public let deleted: Int
        /// How many there are now.
        public let kept: Int
    }

    /// Makes a key when none signs any more, and deletes those whose last tokens have expired. To be called about once a
    /// day; a repeat changes nothing, and nodes may do it at the same time. Throws `DatabaseError`.
    @discardableResult
    public func rotate() async throws -> Rotation {
        let now = clock.now()
        let provable = AccessClaims.lifetimeMax + .seconds(2 * AccessClaims.leewaySeconds)
        let oldest = now.adding(.zero - provable)
        let deleted = try await database.write { try SigningKeyRepository(tx: $0).deleteRetired(before: oldest) }
        let keys = try await makeIfNoneSigns(now: now)
        return Rotation(deleted: deleted, kept: keys.count)
    }

    /// The key that signs now, from memory when it is there. Throws `DatabaseError`.
    func signing() async throws -> StoredSigningKey {
        let now = clock.now()
        if let known = Self.signing(among: cache.withLock { $0.keys }, at: now) { return known }
        guard let key = Self.signing(among: try await makeIfNoneSigns(now: now), at: now) else {
            throw DatabaseError.conflict
        }
        return key
    }

    /// The key of a name; nil when there is none. Only an unknown name asks the database, and not too often: beyond that
    /// it throws `AccountsError.busy`, as a good token of a new key must not be called bad. Throws `DatabaseError`.
    func key(named keyID: String) async throws -> StoredSigningKey? {
        let now = clock.now()
        let (known, mayAsk) = cache.withLock { cache -> (StoredSigningKey?, Bool) in
            if let known = cache.keys.first(where: { $0.keyID == keyID }) { return (known, false) }
            // A clock that was set back begins a new window, else none would begin until it had caught up.
            if now < cache.windowStart || now.since(cache.windowStart) >= .seconds(1) {
                cache.windowStart = now
                cache.lookupsInWindow = 0
            }
            cache.lookupsInWindow += 1
            return (nil, cache.lookupsInWindow <= Self.unknownKeysPerSecondMax)
        }
        if let known { return known }
        guard mayAsk else { throw AccountsError.busy }
        let keys = try await database.read { try SigningKeyRepository(tx: $0).all() }
        remember(keys)
        return keys.first { $0.keyID == keyID }
    }

    private func makeIfNoneSigns(now: Timestamp) async throws -> [StoredSigningKey] {
        let seed = Redacted(random.bytes(32))
        let keys = try await database.write { tx in
            let repository = SigningKeyRepository(tx: tx)
            let keys = try repository.all()
            guard Self.signing(among: keys, at: now) == nil, let key = SigningKey(seed: seed.reveal()) else {
                return keys
            }
            // Two nodes that come here together make the same generation: the second one's row is not inserted, and
            // what it reads after that is the first one's.
            try repository.insert(
                generation: (keys.first?.generation ?? 0) + 1, seed: seed, key: key, at: now,
                retireAt: now.adding(Self.signsFor))
            return try repository.all()
        }
        remember(keys)
        return keys
    }

    private static func signing(among keys: [StoredSigningKey], at now: Timestamp) -> StoredSigningKey? {
        keys.first { $0.retireAt > now }
    }

    private func remember(_ keys: [StoredSigningKey]) {
        // An older answer may arrive after a newer one; it must not make a new key unknown again.
        cache.withLock { cache in
            guard (keys.first?.generation ?? 0) >= (cache.keys.first?.generation ?? 0) else { return }
            cache.keys = keys
        }
    }
}
