public import Audit
internal import Brakes
public import Crypto
public import Database
public import Identity
private import JSON
public import Kernel

/// The use cases of accounts.
///
/// Every method throws `AccountsError` for what it refuses, `DatabaseError` for what the database cannot do, and
/// `CancellationError`. Nothing of a method that threw has happened, unless the error is `DatabaseError.commitUnknown`.
public struct AccountsService: Sendable {
    /// Called with each new user in the transaction that adds them; when it throws, there is no user.
    public typealias RegistrationHook = @Sendable (User, Transaction) throws -> Void

    let database: any Database
    let audit: AuditTrail
    let clock: any WallClock
    let brake: FailureBrake
    /// How many failed log-ins of one address are free in 15 minutes.
    static let failuresMax: Int64 = 10
    private let hasher: PasswordHasher
    private let tokens: AccessTokens
    private let ids: IDGenerator
    private let onRegistered: RegistrationHook

    /// Accounts in this database. `onRegistered` lets another feature prepare something for each new user, such as a
    /// job that makes their Stripe customer, together with the user or not at all.
    public init(
        database: any Database, hasher: PasswordHasher, tokens: AccessTokens, audit: AuditTrail, clock: any WallClock,
        ids: IDGenerator, onRegistered: @escaping RegistrationHook = { _, _ in }
    ) {
        self.database = database
        brake = FailureBrake(
            "login", failuresMax: Self.failuresMax, database: database, clock: clock)
        self.hasher = hasher
        self.tokens = tokens
        self.audit = audit
        self.clock = clock
        self.ids = ids
        self.onRegistered = onRegistered
    }

    /// Somebody makes an account for themselves; they become a buyer, whatever they ask for. Of two who register one
    /// address at the same moment, one gets `emailTaken`. A repeat gets `emailTaken` too.
    public func register(email: Secret, password: Secret, name: String?, log: Log) async throws -> User {
        let user = try await insert(email: email, password: password, name: name, role: .buyer) { _, _ in }
        log.info("user_registered", ["user_id": .string(user.id.rawValue)])
        return user
    }

    /// Somebody else makes an account: an operator, or the command line. A repeat gets `emailTaken`.
    public func addUser(
        email: Secret, password: Secret, name: String?, role: Role, actor: AuditActor
    ) async throws -> User {
        let audit = audit
        return try await insert(email: email, password: password, name: name, role: role) { user, tx in
            try audit.record(
                actor: actor, action: "user.added", subjectKind: User.auditKind, subjectID: user.id.rawValue,
                after: ["role": .string(role.rawValue)], in: tx)
        }
    }

    /// A log-in that succeeded.
    public struct Login: Sendable {
        /// Who it is.
        public let user: User
        /// The token to send as a bearer.
        public let token: Secret
        /// For how long it is good.
        public let lifetime: Duration
    }

    /// A password for a token. Harmless to repeat: each call makes another token.
    ///
    /// An unknown address, a wrong password and a disabled account give the same error after the same work, so
    /// that nobody learns here who has an account. After too many failures for the address (`FailureBrake`) there is
    /// `tooManyAttempts` without any work, whoever it is and whatever the password.
    public func login(email: Secret, password: Secret, log: Log) async throws -> Login {
        let email = try EmailAddress(email)
        let password = password.canonicallyComposed
        let (found, failures) = try await database.read { [brake] tx in
            let failures = try brake.failures(of: email.key, in: tx)
            return (failures.isBraking ? nil : try UserRepository(tx: tx).find(email), failures)
        }
        if let seconds = failures.retryAfterSeconds {
            log.warning("login_braked", ["retry_after_s": .int(seconds)])
            throw AccountsError.tooManyAttempts(retryAfterSeconds: seconds)
        }
        let verdict = try await hashing { try await $0.verify(password, against: found?.passwordHash) }
        guard let (user, passwordHash) = found, verdict != .different, user.isEnabled else {
            // Why, and of which account, is for the operator who looks for an attack.
            let reason: Log.Value = found == nil ? "unknown" : verdict == .different ? "password" : "disabled"
            log.warning("login_refused", ["reason": reason, "user_id": .string(found?.user.id.rawValue ?? "")])
            try await brake.count(email.key)
            throw AccountsError.loginNotValid
        }
        if failures.count > 0 { try await brake.release(email.key) }
        if verdict == .matchesOutdated { await renew(passwordHash, of: user, password: password, log: log) }
        let token = try await tokens.issue(for: user)
        log.info("user_logged_in", ["user_id": .string(user.id.rawValue)])
        return Login(user: user, token: token, lifetime: tokens.lifetime)
    }

    /// The user of an id; nil when there is none.
    public func user(_ id: ID<User>) async throws -> User? {
        try await database.read { try UserRepository(tx: $0).find(id) }
    }

    /// The user of an address, in any letter case; nil when there is none.
    public func user(email: Secret) async throws -> User? {
        let email = try EmailAddress(email)
        return try await database.read { try UserRepository(tx: $0).find(email)?.user }
    }

    /// The most users that one call lists.
    public static let listMax = 1_000

    /// Users, the newest first: of one role, or of all; at most `limit`, which is 1 to ``listMax``.
    public func users(role: Role? = nil, limit: Int = 100) async throws -> [User] {
        try await database.read {
            try UserRepository(tx: $0).newest(role: role, limit: min(max(limit, 1), Self.listMax))
        }
    }

    private func insert(
        email: Secret, password: Secret, name: String?, role: Role,
        recording record: @escaping @Sendable (User, Transaction) throws -> Void
    ) async throws -> User {
        let email = try EmailAddress(email)
        let password = try NewPassword(password, for: email)
        let nameFaults = name.map { Schema.string(length: 1...100).faults(in: .string($0)) } ?? []
        if !nameFaults.isEmpty {
            throw AccountsError.invalidInput(
                nameFaults.map { FieldError(field: "name", code: $0.code, detail: $0.detail) })
        }
        if let name, LookAlikes.turns(name) {
            let detail = "must not have marks that turn the direction of writing"
            throw AccountsError.invalidInput([FieldError(field: "name", code: "malformed", detail: detail)])
        }
        let passwordHash = try await hash(password)
        let user = User(
            id: ids.next(), email: email.written, name: name.map { Redacted($0) }, role: role, createdAt: clock.now(),
            disabledAt: nil)
        let onRegistered = onRegistered
        try await database.write { tx in
            guard try UserRepository(tx: tx).insert(user, email: email, passwordHash: passwordHash) else {
                throw AccountsError.emailTaken
            }
            try record(user, tx)
            try onRegistered(user, tx)
        }
        return user
    }

    /// Makes the hash anew at the present cost. The log-in is good without it, so a failure waits for the next one.
    private func renew(_ old: PasswordHash, of user: User, password: Secret, log: Log) async {
        do {
            let new = try await hashing { try await $0.hash(password) }
            try await database.write { try UserRepository(tx: $0).replace(old, with: new, of: user.id) }
            log.info("password_hash_renewed", ["user_id": .string(user.id.rawValue)])
        } catch {
            log.warning(
                "password_hash_not_renewed",
                ["user_id": .string(user.id.rawValue), "error": .string(String(describing: error))])
        }
    }

    /// The hash of a password that may be set.
    func hash(_ password: NewPassword) async throws -> PasswordHash {
        try await hashing { try await $0.hash(password.secret) }
    }

    private func hashing<Result>(_ work: (PasswordHasher) async throws -> Result) async throws -> Result {
        do {
            return try await work(hasher)
        } catch is PasswordHasherError {
            throw AccountsError.busy
        }
    }
}
