public import Audit
internal import Brakes
internal import Crypto
internal import Database
public import Identity
internal import JSON
public import Kernel

/// What operators change about users. Every change is recorded with who made it; what changes nothing is not recorded,
/// so a repeat is harmless.
extension AccountsService {
    /// Gives a user another role. Losing the operator's takes effect at once, gaining it at the next log-in.
    ///
    /// Anyone may have registered an address, with a password that only they know. So whoever becomes an operator gets
    /// a new password with the role; operator's tokens of before are refused, and the address is free of failed
    /// log-ins. A repeat changes nothing, the password neither. Throws `AccountsError.userNotFound`,
    /// `AccountsError.passwordNeeded` and `AccountsError.invalidInput`.
    public func changeRole(
        of id: ID<User>, to role: Role, newPassword: Secret? = nil, actor: AuditActor
    ) async throws -> User {
        guard let user = try await user(id) else { throw AccountsError.userNotFound }
        guard user.role != role else { return user }
        var password: (hash: PasswordHash, email: EmailAddress)?
        if role == .operator {
            guard let newPassword else { throw AccountsError.passwordNeeded }
            let email = try EmailAddress(Secret(user.email.reveal()))
            password = (try await hash(NewPassword(newPassword, for: email)), email)
        }
        let (now, brake) = (clock.now(), brake)
        let changed: @Sendable (User, Transaction) throws -> Void = { [password] user, tx in
            guard let password else { return }
            try UserRepository(tx: tx).setPassword(password.hash, of: user.id, at: now)
            try brake.release(password.email.key, in: tx)
        }
        return try await change(id, action: "user.role_changed", actor: actor, then: changed) { user in
            (
                role: role, disabledAt: user.disabledAt, before: ["role": .string(user.role.rawValue)],
                after: role == .operator
                    ? ["role": .string(role.rawValue), "password": "new"] : ["role": .string(role.rawValue)]
            )
        }
    }

    /// Sets somebody's password: operator's tokens of before are refused, a buyer's live on until they expire, and the
    /// address is free of failed log-ins. A repeat sets it again. Throws `AccountsError.userNotFound` and
    /// `AccountsError.invalidInput`.
    public func setPassword(of id: ID<User>, to newPassword: Secret, actor: AuditActor) async throws {
        guard let user = try await user(id) else { throw AccountsError.userNotFound }
        let email = try EmailAddress(Secret(user.email.reveal()))
        let password = try await hash(NewPassword(newPassword, for: email))
        let (now, brake, audit) = (clock.now(), brake, audit)
        try await database.write { tx in
            guard try UserRepository(tx: tx).findForUpdate(id) != nil else { throw AccountsError.userNotFound }
            try UserRepository(tx: tx).setPassword(password, of: id, at: now)
            try brake.release(email.key, in: tx)
            try audit.record(
                actor: actor, action: "user.password_set", subjectKind: User.auditKind, subjectID: id.rawValue,
                after: ["password": "new"], in: tx)
        }
    }

    /// Lets a user log in no more. An operator's token is refused at once, a buyer's when it expires. Throws
    /// `AccountsError.userNotFound`.
    public func disable(_ id: ID<User>, actor: AuditActor) async throws -> User {
        let now = clock.now()
        return try await change(id, action: "user.disabled", actor: actor) { user in
            (
                role: user.role, disabledAt: user.disabledAt ?? now, before: ["disabled": false],
                after: ["disabled": true]
            )
        }
    }

    /// Lets a disabled user log in again. Throws `AccountsError.userNotFound`.
    public func enable(_ id: ID<User>, actor: AuditActor) async throws -> User {
        try await change(id, action: "user.enabled", actor: actor) { user in
            (role: user.role, disabledAt: nil, before: ["disabled": true], after: ["disabled": false])
        }
    }

    private typealias Change = (role: Role, disabledAt: Timestamp?, before: JSONValue, after: JSONValue)

    private func change(
        _ id: ID<User>, action: String, actor: AuditActor,
        then changed: @escaping @Sendable (User, Transaction) throws -> Void = { _, _ in },
        _ decide: @escaping @Sendable (User) -> Change
    ) async throws -> User {
        let audit = audit
        return try await database.write { tx in
            let users = UserRepository(tx: tx)
            guard let user = try users.findForUpdate(id) else { throw AccountsError.userNotFound }
            let change = decide(user)
            guard change.role != user.role || change.disabledAt != user.disabledAt else { return user }
            guard let after = try users.update(id, role: change.role, disabledAt: change.disabledAt) else {
                throw AccountsError.userNotFound
            }
            try changed(after, tx)
            try audit.record(
                actor: actor, action: action, subjectKind: User.auditKind, subjectID: id.rawValue,
                before: change.before, after: change.after, in: tx)
            return after
        }
    }
}
