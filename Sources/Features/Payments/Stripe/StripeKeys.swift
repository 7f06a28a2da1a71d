internal import StripeClient

/// The idempotency keys of law 2.
enum StripeKeys {
    /// How old an unanswered call may be before its key may have expired at Stripe (24 hours at least) and reading
    /// comes first (law 3). An hour of margin.
    static let lifetime = Duration.seconds(23 * 3600)

    /// A key made of ids and words of ours.
    static func key(_ text: String) throws(StripeError) -> StripeIdempotencyKey {
        guard let key = StripeIdempotencyKey(text) else { throw .unexpectedAnswer("a key of ours is not fit") }
        return key
    }
}
