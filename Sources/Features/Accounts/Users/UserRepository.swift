internal import Crypto
internal import Database
internal import Identity
internal import Kernel

/// The rows of users, inside a transaction.
struct UserRepository {
    /// The transaction.
    let tx: Transaction

    /// Adds a user; false when somebody has that address already, also when they got it at this very moment.
    func insert(_ user: User, email: EmailAddress, passwordHash: PasswordHash) throws -> Bool {
        try tx.row(
            """
            INSERT INTO users (id, email, email_key, name, password_hash, role, created_at_ms)
            VALUES (\(user.id), \(email.written.reveal()), \(email.key.reveal()), \(user.name?.reveal()),
                \(passwordHash.text), \(user.role.rawValue), \(user.createdAt))
            ON CONFLICT (email_key) DO NOTHING
            RETURNING id
            """) != nil
    }

    /// The user of an id.
    func find(_ id: ID<User>) throws -> User? {
        try tx.row("SELECT \(unsafe: Self.columns) FROM users WHERE id = \(id)").map(Self.user)
    }

    /// The user of an id, locked until the transaction ends.
    func findForUpdate(_ id: ID<User>) throws -> User? {
        try tx.row("SELECT \(unsafe: Self.columns) FROM users WHERE id = \(id)\(unsafe: tx.forUpdate)").map(Self.user)
    }

    /// The user of an address, with their password's hash.
    func find(_ email: EmailAddress) throws -> (user: User, passwordHash: PasswordHash)? {
        try tx.row(
            "SELECT \(unsafe: Self.columns), password_hash FROM users WHERE email_key = \(email.key.reveal())"
        ).map { (try Self.user($0), PasswordHash(stored: try $0.text("password_hash"))) }
    }

    /// Puts a new hash in the place of `old`; does nothing when the password was changed meanwhile.
    func replace(_ old: PasswordHash, with new: PasswordHash, of id: ID<User>) throws {
        try tx.send(
            "UPDATE users SET password_hash = \(new.text) WHERE id = \(id) AND password_hash = \(old.text)")
    }

    /// Sets another password: tokens of before are no operator's any more (``JWTAuthenticator``).
    func setPassword(_ hash: PasswordHash, of id: ID<User>, at time: Timestamp) throws {
        try tx.send(
            "UPDATE users SET password_hash = \(hash.text), password_set_at_ms = \(time) WHERE id = \(id)")
    }

    /// The user of an id, and since when the password is theirs, if it was ever set anew.
    func findWithPasswordTime(_ id: ID<User>) throws -> (user: User, passwordSetAt: Timestamp?)? {
        try tx.row("SELECT \(unsafe: Self.columns), password_set_at_ms FROM users WHERE id = \(id)").map {
            (try Self.user($0), try $0.timeOrNil("password_set_at_ms"))
        }
    }

    /// Users, the newest first; of one role, or of all.
    func newest(role: Role?, limit: Int) throws -> [User] {
        // The operator's role stands in the text, so that its partial index can be used.
        let condition = role.map { "WHERE role = '\($0.rawValue)'" } ?? ""
        return try tx.rows(
            "SELECT \(unsafe: Self.columns) FROM users \(unsafe: condition) ORDER BY id DESC LIMIT \(limit)"
        ).map(Self.user)
    }

    /// Sets what a user may do, and since when they may not log in.
    func update(_ id: ID<User>, role: Role, disabledAt: Timestamp?) throws -> User? {
        try tx.row(
            """
            UPDATE users SET role = \(role.rawValue), disabled_at_ms = \(disabledAt) WHERE id = \(id)
            RETURNING \(unsafe: Self.columns)
            """
        ).map(Self.user)
    }

    private static let columns = "id, email, name, role, created_at_ms, disabled_at_ms"

    private static func user(_ row: Row) throws -> User {
        guard let role = Role(rawValue: try row.text("role")) else { throw DatabaseError.unexpectedColumn("role") }
        return User(
            id: try row.id("id"), email: Redacted(try row.text("email")),
            name: try row.textOrNil("name").map { Redacted($0) }, role: role, createdAt: try row.time("created_at_ms"),
            disabledAt: try row.timeOrNil("disabled_at_ms"))
    }
}
