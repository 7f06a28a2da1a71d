public import HTTP
public import JSON
public import Kernel

/// What the accounts refuse. No case carries an address, a password or a token.
///
/// Precedence: malformed input, then too many attempts, then too many at once, then what the database says.
public enum AccountsError: Error, Equatable {
    /// A field is at fault; the details never repeat what was sent.
    case invalidInput([FieldError])
    /// Somebody has that address. Registering tells this to whoever asks, as every open registration must.
    case emailTaken
    /// The address is unknown, the password is another, or the account is disabled: which, is not told.
    case loginNotValid
    /// Too many log-ins failed for the address lately; seconds until the next may be tried. Whether there is such an
    /// account, and whether the password was right, is not told.
    case tooManyAttempts(retryAfterSeconds: Int64)
    /// The token was good, but its user is gone or disabled since.
    case tokenNotValid
    /// Who becomes an operator needs a new password (``AccountsService/changeRole(of:to:newPassword:actor:)``).
    case passwordNeeded
    /// There is no user of that id or address.
    case userNotFound
    /// Too many passwords wait to be hashed, or too many unknown keys were asked for (law 14). Nothing happened.
    case busy
}

extension AccountsError: ProblemConvertible {
    /// The one mapping of cases to faces.
    public var problem: Problem {
        switch self {
        case .invalidInput(let fields): .invalidInput(fields)
        case .emailTaken:
            Problem(
                status: 409, code: "email_taken", detail: "There is an account with this address; log in instead.",
                fields: [FieldError(field: "email", code: "not_allowed", detail: "belongs to an account already")])
        case .loginNotValid:
            Problem(
                status: 401, code: "login_not_valid", detail: "The address or the password is wrong.",
                headers: ["WWW-Authenticate": "Bearer"])
        case .tooManyAttempts(let seconds):
            Problem(
                status: 429, code: "too_many_attempts",
                detail: "Too many log-ins failed for this address; try again later.",
                headers: ["Retry-After": String(seconds)])
        case .tokenNotValid:
            Problem(
                status: 401, code: "token_not_valid", detail: "The token is unknown or expired; log in again.",
                headers: ["WWW-Authenticate": "Bearer"])
        case .passwordNeeded:
            .invalidInput([
                FieldError(field: "password", code: "missing", detail: "must be set anew for who becomes an operator")
            ])
        case .userNotFound: .notFound("user")
        case .busy: .unavailable("Too many log in at once; nothing was changed.", retryAfterSeconds: 2)
        }
    }

    /// A flood is worth a warning; the rest is everyday.
    public var logLevel: Log.Level {
        switch self {
        case .busy, .tooManyAttempts: .warning
        default: .info
        }
    }
}
