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
        /// The names that the database is being asked for, and who waits for the answer to the same question.
        var underWay: [String: [CheckedContinuation<Outcome?, Never>]] = [:]
    }
    private typealias Outcome = Result<StoredSigningKey?, any Error>
    private enum Step {
        case known(StoredSigningKey)
        case ask
        case join
        case refuse
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

    /// The key of a name; nil when there is none. Only an unknown name asks the database: those that come with the same
    /// name meanwhile wait for that answer, as after a restart everybody does. And it is not asked too often: beyond that
    /// it throws `AccountsError.busy`, as a good token of a new key must not be called bad. Throws `DatabaseError`.
    func key(named keyID: String) async throws -> StoredSigningKey? {
        while true {
            switch cache.withLock({ step(keyID, &$0) }) {
            case .known(let known): return known
            case .refuse: throw AccountsError.busy
            case .ask:
                let outcome: Outcome
                do {
                    let keys = try await database.read { try SigningKeyRepository(tx: $0).all() }
                    remember(keys)
                    outcome = .success(keys.first { $0.keyID == keyID })
                } catch {
                    outcome = .failure(error)
                }
                let waiting = cache.withLock { $0.underWay.removeValue(forKey: keyID) ?? [] }
                for waiter in waiting { waiter.resume(returning: outcome) }
                return try outcome.get()
            case .join:
                let outcome: Outcome? = await join(keyID)
                // Whoever asked was given up, which says nothing of the key: somebody else asks.
                if case .failure(let error)? = outcome, error is CancellationError { continue }
                if let outcome { return try outcome.get() }
            }
        }
    }

    /// How many wait for somebody else's question for a name.
    func waitingCount(for keyID: String) -> Int { cache.withLock { $0.underWay[keyID]?.count ?? 0 } }

    /// What to do about a name now; whoever is told to ask must take the name out of `underWay` afterwards.
    private func step(_ keyID: String, _ cache: inout Cache) -> Step {
        if let known = cache.keys.first(where: { $0.keyID == keyID }) { return .known(known) }
        if cache.underWay[keyID] != nil { return .join }
        let now = clock.now()
        // A clock that was set back begins a new window, else none would begin until it had caught up.
        if now < cache.windowStart || now.since(cache.windowStart) >= .seconds(1) {
            cache.windowStart = now
            cache.lookupsInWindow = 0
        }
        cache.lookupsInWindow += 1
        guard cache.lookupsInWindow <= Self.unknownKeysPerSecondMax else { return .refuse }
        cache.underWay[keyID] = []
        return .ask
    }

    /// The outcome of the question that is under way; nil when it has just ended.
    private func join(_ keyID: String) async -> Outcome? {
        await withCheckedContinuation { (continuation: CheckedContinuation<Outcome?, Never>) in
            let isUnderWay = cache.withLock { cache -> Bool in
                guard cache.underWay[keyID] != nil else { return false }
                cache.underWay[keyID]?.append(continuation)
                return true
            }
            if !isUnderWay { continuation.resume(returning: nil) }
        }
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
