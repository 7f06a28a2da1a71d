public import Database
public import Identity
public import Kernel

/// Proves who a token of the built-in login belongs to.
///
/// A buyer's token is believed as it is, without a database call: when a buyer is disabled, it stays good until it
/// expires, 15 minutes unless configured otherwise. An operator can refund, so an operator's token is held against the
/// user's row at every request: disabling or demoting an operator takes effect at once, and so does a new password.
/// Somebody made an operator becomes one at the next log-in.
public struct JWTAuthenticator: Authenticator {
    private let tokens: AccessTokens
    private let database: any Database
    private let log: Log

    /// Proves these tokens, and operators by this database.
    public init(tokens: AccessTokens, database: any Database, log: Log) {
        self.tokens = tokens
        self.database = database
        self.log = log
    }

    /// The principal of a token; nil when it is not good, or an operator's who was disabled or is gone. Throws
    /// `DatabaseError`, and `AccountsError.busy` when too many unknown keys were asked for.
    public func principal(bearerToken: String) async throws -> Principal? {
        let claims: AccessClaims
        do {
            claims = try await tokens.prove(bearerToken)
        } catch let fault as TokenFault {
            log.debug("token_refused", ["reason": .string(fault.rawValue)])
            return nil
        }
        guard claims.role == .operator else { return Principal(userID: claims.subject.rawValue, role: claims.role) }
        let found = try await database.read { try UserRepository(tx: $0).findWithPasswordTime(claims.subject) }
        guard let (user, passwordSetAt) = found, user.isEnabled else {
            log.info("token_refused", ["reason": "operator_disabled", "user_id": .string(claims.subject.rawValue)])
            return nil
        }
        // Tokens count in seconds; one of the very second is let through, as it may be of the new password.
        if let passwordSetAt, claims.issuedAtSeconds < passwordSetAt.epochSeconds {
            log.info("token_refused", ["reason": "password_changed", "user_id": .string(claims.subject.rawValue)])
            return nil
        }
        return Principal(userID: user.id.rawValue, role: user.role)
    }
}
