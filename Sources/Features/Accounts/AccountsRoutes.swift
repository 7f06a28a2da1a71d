internal import HTTP
internal import HTTPModels
internal import Identity
internal import Kernel
internal import KessaiAPI

/// The routes of accounts.
struct AccountsRoutes: Sendable {
    let service: AccountsService

    var all: [Route] { [register, login, me] }

    private var register: Route {
        Route(
            "POST", "/api/auth/register", "Make an account", tag: "Accounts", access: .everyone,
            body: RegisterRequest.schema, bodyBytesMax: 4 << 10,
            answers: [
                Route.Answer(201, "The account; log in to use it.", UserResponse.self),
                Route.Answer(409, "email_taken", Problem.schema, mediaType: Self.problem),
                Route.Answer(
                    503, "unavailable: too many at once; repeat later.", Problem.schema, mediaType: Self.problem),
            ], rateClass: .login
        ) { context in
            let request = try context.model(RegisterRequest.self)
            let user = try await service.register(
                email: request.email.secret, password: request.password.secret, name: request.name, log: context.log)
            return try .json(UserResponse(user), status: 201)
        }
    }

    private var login: Route {
        Route(
            "POST", "/api/auth/login", "Log in", tag: "Accounts", access: .everyone, body: LoginRequest.schema,
            bodyBytesMax: 4 << 10, repeats: .harmless,
            answers: [
                Route.Answer(200, "A token for the Authorization header.", LoginResponse.self),
                Route.Answer(401, "login_not_valid", Problem.schema, mediaType: Self.problem),
                Route.Answer(
                    429, "too_many_attempts: \(AccountsService.failuresMax) failed for the address; see Retry-After.",
                    Problem.schema, mediaType: Self.problem),
                Route.Answer(
                    503, "unavailable: too many at once; repeat later.", Problem.schema, mediaType: Self.problem),
            ], rateClass: .login
        ) { context in
            let request = try context.model(LoginRequest.self)
            let login = try await service.login(
                email: request.email.secret, password: request.password.secret, log: context.log)
            let answer = LoginResponse(
                accessToken: HiddenTextDTO(login.token), expiresIn: login.lifetime.components.seconds)
            // A token must not stay in a cache between us and the caller (RFC 6749, 5.1).
            return try .json(answer, headers: ["Cache-Control": "no-store"])
        }
    }

    private var me: Route {
        Route(
            "GET", "/api/me", "Who am I", tag: "Accounts", access: .authenticated,
            answers: [Route.Answer(200, "The account of the token.", UserResponse.self)]
        ) { context in
            guard let id = context.principal.flatMap({ ID<User>(untrusted: $0.userID) }),
                let user = try await service.user(id), user.isEnabled
            else { throw AccountsError.tokenNotValid }
            return try .json(UserResponse(user), headers: ["Cache-Control": "no-store"])
        }
    }

    private static let problem = "application/problem+json"
}

extension UserResponse {
    /// A user as the wire shows them.
    init(_ user: User) {
        self.init(
            id: user.id.rawValue, email: HiddenTextDTO(user.email), name: user.name?.reveal(), role: user.role.rawValue,
            createdAt: TimeDTO(user.createdAt))
    }
}
