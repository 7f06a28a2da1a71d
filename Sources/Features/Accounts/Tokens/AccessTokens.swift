private import Crypto
internal import Identity
public import Kernel

/// Issues tokens, and proves them without asking the database.
public struct AccessTokens: Sendable {
    /// For how long a token is good.
    public let lifetime: Duration

    private let issuer: String
    private let keys: SigningKeys
    private let clock: any WallClock
    private let ids: IDGenerator

    /// Tokens of the installation `issuer` (its public URL), good for `lifetime`: 1 minute to 24 hours.
    public init(
        issuer: String, lifetime: Duration = .seconds(900), keys: SigningKeys, clock: any WallClock, ids: IDGenerator
    ) {
        self.issuer = issuer
        self.lifetime = min(max(lifetime, .seconds(60)), AccessClaims.lifetimeMax)
        self.keys = keys
        self.clock = clock
        self.ids = ids
    }

    /// A token for a user who has proven who they are. Throws `DatabaseError`.
    func issue(for user: User) async throws -> Secret {
        let key = try await keys.signing()
        let now = clock.now().epochSeconds
        let claims = AccessClaims(
            issuer: issuer, subject: user.id, role: user.role, issuedAtSeconds: now,
            expiresAtSeconds: now + lifetime.components.seconds, tokenID: ids.uuid())
        return Secret(JSONWebToken.sign(claims, keyID: key.keyID, key: key.key))
    }

    /// What a token claims, if it is one of ours and good now. Throws `TokenFault`; and `AccountsError.busy` or
    /// `DatabaseError` when its key is not known here and cannot be asked for.
    func prove(_ text: String) async throws -> AccessClaims {
        let token = try JSONWebToken(parsing: text)
        guard let key = try await keys.key(named: token.keyID) else { throw TokenFault.unknownKey }
        let claims = try token.claims(signedBy: key.key.publicKey)
        try claims.check(now: clock.now(), issuer: issuer, keyRetiresAt: key.retireAt)
        return claims
    }
}
