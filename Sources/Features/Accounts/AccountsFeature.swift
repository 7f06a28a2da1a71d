public import Audit
public import Crypto
public import Database
public import HTTP
public import Kernel

/// The built-in login: users, their passwords and tokens. What the composition root puts together of it.
public struct AccountsFeature: Sendable {
    /// The use cases, for the command line.
    public let service: AccountsService
    /// Proves tokens, for the router.
    public let authenticator: JWTAuthenticator
    /// The keys of tokens; `rotate()` is to be called about once a day.
    public let signingKeys: SigningKeys

    /// Accounts in this database, with tokens of the installation `issuer`, its public URL. `random` must be fit for
    /// secrets; `tokenLifetime` is 1 minute to 24 hours.
    public init(
        database: any Database, issuer: String, tokenLifetime: Duration = .seconds(900), hasher: PasswordHasher,
        audit: AuditTrail, clock: any WallClock, ids: IDGenerator, random: any RandomSource, log: Log,
        onRegistered: @escaping AccountsService.RegistrationHook = { _, _ in }
    ) {
        signingKeys = SigningKeys(database: database, clock: clock, random: random)
        let tokens = AccessTokens(issuer: issuer, lifetime: tokenLifetime, keys: signingKeys, clock: clock, ids: ids)
        authenticator = JWTAuthenticator(tokens: tokens, database: database, log: log)
        service = AccountsService(
            database: database, hasher: hasher, tokens: tokens, audit: audit, clock: clock, ids: ids,
            onRegistered: onRegistered)
    }

    /// `POST /api/auth/register`, `POST /api/auth/login`, `GET /api/me`.
    public var routes: [Route] { AccountsRoutes(service: service).all }

    /// The steps of the schema. They need `AuditSchema.migrations` before them.
    public static var migrations: [Migration] { AccountsSchema.migrations }
}
