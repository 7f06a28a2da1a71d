import Accounts
import HTTP
import Kernel
import Testing

/// What the accounts refuse, and its one mapping.
@Suite struct AccountsErrorTests {
    private static let all: [AccountsError] = [
        .invalidInput([]),
        .emailTaken,
        .loginNotValid,
        .tooManyAttempts(retryAfterSeconds: 7),
        .tokenNotValid,
        .passwordNeeded,
        .userNotFound,
        .busy,
    ]
    /// How many errors ``face(_:)`` knows: the list above lacks none of them.
    private static let count = 8

    /// Where an error stands in the list, and what is expected of it. A case that is new does not compile until it has
    /// its line, and its number fails the count until it stands in the list.
    private static func face(_ error: AccountsError) -> (Int, Int, String, Log.Level) {
        switch error {
        case .invalidInput: (0, 400, "invalid_input", .info)
        case .emailTaken: (1, 409, "email_taken", .info)
        case .loginNotValid: (2, 401, "login_not_valid", .info)
        case .tooManyAttempts: (3, 429, "too_many_attempts", .warning)
        case .tokenNotValid: (4, 401, "token_not_valid", .info)
        case .passwordNeeded: (5, 400, "invalid_input", .info)
        case .userNotFound: (6, 404, "user_not_found", .info)
        case .busy: (7, 503, "unavailable", .warning)
        }
    }

    @Test func `the list is complete`() {
        #expect(Self.all.map { Self.face($0).0 } == Array(0..<Self.count))
    }

    @Test(arguments: all)
    func `each error has its status, code and level`(error: AccountsError) {
        let (_, status, code, level) = Self.face(error)
        let problem = error.problem
        #expect(problem.status == status)
        #expect(problem.code == code)
        #expect(error.logLevel == level)
        #expect(problem.detail.hasSuffix("."))
    }

    @Test func `what can be tried again later says when, and who must log in is asked to`() {
        #expect(AccountsError.tooManyAttempts(retryAfterSeconds: 7).problem.headers["Retry-After"] == "7")
        #expect(AccountsError.busy.problem.headers["Retry-After"] == "2")
        for error in [AccountsError.loginNotValid, .tokenNotValid] {
            #expect(error.problem.headers["WWW-Authenticate"] == "Bearer")
        }
    }
}
