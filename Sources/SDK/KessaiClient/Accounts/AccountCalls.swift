public import Kernel
public import KessaiAPI

extension KessaiClient {
    /// Makes an account. The password has 10 to 200 characters.
    ///
    /// Throws `KessaiError`; `email_taken` when the address has an account, which after a lost answer of an earlier try
    /// may be this one: log in.
    @discardableResult
    public func register(email: Secret, password: Secret, name: String? = nil) async throws(KessaiError) -> UserResponse
    {
        let request = RegisterRequest(email: HiddenTextDTO(email), password: HiddenTextDTO(password), name: name)
        return try await exchange.perform(.post("/api/auth/register", request, key: makeRequestKey()))
    }

    /// Logs in. Throws `KessaiError`: `login_not_valid`, and `too_many_attempts` with the pause to keep.
    public func logIn(email: Secret, password: Secret) async throws(KessaiError) -> KessaiBuyer {
        let request = LoginRequest(email: HiddenTextDTO(email), password: HiddenTextDTO(password))
        let login: LoginResponse = try await exchange.perform(.post("/api/auth/login", request))
        return buyer(token: login.accessToken.secret)
    }

    /// Somebody whose access token was stored. Sends nothing: a token that is not good any more is told by the next
    /// call (`token_not_valid`).
    public func buyer(token: Secret) -> KessaiBuyer { KessaiBuyer(exchange: exchange, accessToken: token) }
}

/// Somebody who is logged in. When their token's time is over, calls throw `token_not_valid`: log in again.
public struct KessaiBuyer: Sendable {
    let exchange: KessaiExchange
    /// The token, to store where the system keeps secrets.
    public let accessToken: Secret

    /// Who it is. Throws `KessaiError`.
    public func account() async throws(KessaiError) -> UserResponse {
        try await exchange.perform(.get("/api/me", token: accessToken))
    }
}
