public import JSON

/// `POST /api/auth/register`: somebody makes an account for themselves. There is no role in it: whoever registers buys.
public struct RegisterRequest: APIModel, Equatable {
    /// The address to log in with.
    public let email: HiddenTextDTO
    /// 10 to 200 characters.
    public let password: HiddenTextDTO
    /// What to call them; nil when they do not say.
    public let name: String?

    /// A request to register.
    public init(email: HiddenTextDTO, password: HiddenTextDTO, name: String? = nil) {
        self.email = email
        self.password = password
        self.name = name
    }

    /// `RegisterRequest`.
    public static var schema: Schema {
        .named(
            "RegisterRequest",
            .object([
                .required("email", AccountsSchema.email),
                .required("password", .string(length: 10...200, format: .password)),
                .optional("name", .nullable(AccountsSchema.name)),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case email
        case password
        case name
    }
}

/// `POST /api/auth/login`: a password for a token.
public struct LoginRequest: APIModel, Equatable {
    /// The address that was registered.
    public let email: HiddenTextDTO
    /// The password.
    public let password: HiddenTextDTO

    /// A request to log in.
    public init(email: HiddenTextDTO, password: HiddenTextDTO) {
        self.email = email
        self.password = password
    }

    /// `LoginRequest`. The password may be short here: whether it is the right one is all that counts.
    public static var schema: Schema {
        .named(
            "LoginRequest",
            .object([
                .required("email", AccountsSchema.email),
                .required("password", .string(length: 1...200, format: .password)),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case email
        case password
    }
}

/// A token to send as `Authorization: Bearer …`.
public struct LoginResponse: APIModel, Equatable {
    /// The token.
    public let accessToken: HiddenTextDTO
    /// `Bearer`.
    public let tokenType: String
    /// For how many seconds the token is good.
    public let expiresIn: Int64

    /// A token that is good for so many seconds.
    public init(accessToken: HiddenTextDTO, expiresIn: Int64) {
        self.accessToken = accessToken
        self.expiresIn = expiresIn
        tokenType = "Bearer"
    }

    /// `LoginResponse`.
    public static var schema: Schema {
        .named(
            "LoginResponse",
            .object([
                .required("access_token", .string(length: 1...4096)),
                .required("token_type", .oneOf(["Bearer"])),
                .required("expires_in", .described(.integer(1...86_400), "Seconds.")),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case tokenType = "token_type"
        case expiresIn = "expires_in"
    }
}

/// A user, to themselves and to operators.
public struct UserResponse: APIModel, Equatable {
    /// The user's id.
    public let id: String
    /// The address, as it was written at registration.
    public let email: HiddenTextDTO
    /// What to call them.
    public let name: String?
    /// `buyer` or `operator`.
    public let role: String
    /// When the account was made.
    public let createdAt: TimeDTO

    /// A user for the wire.
    public init(id: String, email: HiddenTextDTO, name: String?, role: String, createdAt: TimeDTO) {
        self.id = id
        self.email = email
        self.name = name
        self.role = role
        self.createdAt = createdAt
    }

    /// `User`.
    public static var schema: Schema {
        .named(
            "User",
            .object([
                .required("id", .uuid), .required("email", AccountsSchema.email),
                .required("name", .nullable(AccountsSchema.name)), .required("role", .oneOf(["buyer", "operator"])),
                .required("created_at", .time),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case id
        case email
        case name
        case role
        case createdAt = "created_at"
    }
}

/// What several of these models share.
private enum AccountsSchema {
    static let email = Schema.string(length: 3...254, format: .email)
    static let name = Schema.string(length: 1...100)
}
