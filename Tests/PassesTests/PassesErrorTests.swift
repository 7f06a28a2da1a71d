import HTTP
import Kernel
import Passes
import Testing

/// What passes refuse, and its one mapping.
@Suite struct PassesErrorTests {
    private static let all: [PassesError] = [
        .notConfigured,
        .deviceIDMalformed,
        .returnURLNotAllowed,
        .licenseOwned,
        .alreadyUnlocked,
        .purchaseInProgress(reference: 7),
        .tooManyAttempts(retryAfterSeconds: 7),
        .tokenUnknown,
        .tokenOfAnotherDevice,
        .tokenOfAnotherProduct(.license),
        .tokenExpired,
        .purchaseClosed,
        .purchaseNeedsReview(reference: 7),
    ]
    /// How many errors ``face(_:)`` knows: the list above lacks none of them.
    private static let count = 13

    /// Where an error stands in the list, and what is expected of it. A case that is new does not compile until it has
    /// its line, and its number fails the count until it stands in the list.
    private static func face(_ error: PassesError) -> (Int, Int, String, Log.Level) {
        switch error {
        case .notConfigured: (0, 503, "passes_not_configured", .error)
        case .deviceIDMalformed: (1, 400, "invalid_input", .info)
        case .returnURLNotAllowed: (2, 400, "invalid_input", .warning)
        case .licenseOwned: (3, 409, "license_owned", .info)
        case .alreadyUnlocked: (4, 409, "already_unlocked", .info)
        case .purchaseInProgress: (5, 409, "purchase_in_progress", .info)
        case .tooManyAttempts: (6, 429, "too_many_attempts", .warning)
        case .tokenUnknown: (7, 404, "purchase_token_unknown", .warning)
        case .tokenOfAnotherDevice: (8, 403, "purchase_token_of_another_device", .warning)
        case .tokenOfAnotherProduct: (9, 409, "purchase_token_of_another_product", .warning)
        case .tokenExpired: (10, 410, "purchase_token_expired", .info)
        case .purchaseClosed: (11, 410, "purchase_closed", .info)
        case .purchaseNeedsReview: (12, 409, "purchase_needs_review", .info)
        }
    }

    @Test func `the list is complete`() {
        #expect(Self.all.map { Self.face($0).0 } == Array(0..<Self.count))
    }

    @Test(arguments: all)
    func `each error has its status, code and level`(error: PassesError) {
        let (_, status, code, level) = Self.face(error)
        let problem = error.problem
        #expect(problem.status == status)
        #expect(problem.code == code)
        #expect(error.logLevel == level)
        #expect(problem.detail.hasSuffix("."))
    }

    @Test func `what can be tried again later says when, and what a person looks at has its reference`() {
        #expect(PassesError.tooManyAttempts(retryAfterSeconds: 7).problem.headers["Retry-After"] == "7")
        #expect(PassesError.purchaseInProgress(reference: 7).problem.headers["Retry-After"] == "60")
        #expect(PassesError.notConfigured.problem.headers["Retry-After"] == "3600")
        #expect(PassesError.purchaseNeedsReview(reference: 4711).problem.detail.contains("4711"))
    }
}
