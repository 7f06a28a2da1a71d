/// Who a request comes from, once proven.
public struct Principal: Sendable, Hashable {
    /// The user's id.
    public let userID: String
    /// What the user may do.
    public let role: Role

    /// A proven user.
    public init(userID: String, role: Role) {
        self.userID = userID
        self.role = role
    }
}

/// What a user is to the installation.
public enum Role: String, Sendable, Hashable, CaseIterable {
    /// Buys, and sees what is their own.
    case buyer
    /// Runs the installation: products, refunds, reviews.
    case `operator`
}

/// Proves who a bearer token belongs to. The built-in login and an OIDC provider are both behind this.
public protocol Authenticator: Sendable {
    /// The principal of a token; nil when the token is unknown, malformed, expired or revoked.
    /// Throws only when that cannot be decided now (a database away), never because a token is bad.
    func principal(bearerToken: String) async throws -> Principal?
}
