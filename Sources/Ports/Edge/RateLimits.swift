public import Brakes
public import HTTP

/// How much each kind of request may come from one address, and from one account. Meant to be far above what people do and
/// what programs of theirs need, and far below what fills the machine.
public struct RateLimits: Sendable {
    /// The rate of a class; nil is not measured.
    public typealias Table = [RateClass: Rate]

    /// From one address, whoever asks. Many people may be behind one.
    public var byAddress: Table
    /// From one account, from wherever it asks.
    public var byAccount: Table

    /// These limits.
    public init(byAddress: Table, byAccount: Table) {
        self.byAddress = byAddress
        self.byAccount = byAccount
    }

    /// The usual ones.
    ///
    /// - Log-ins: a hash takes a fraction of a second, and 34 may be under way at once (`PasswordHasher`). 20 at once leave
    ///   room for others, and 30 a minute are people of an office who log in every 15 minutes by the hundreds.
    /// - Beginning a purchase without an account: each makes an order here and a page at Stripe.
    /// - Webhooks: only those that are not Stripe's are counted.
    public static let usual = RateLimits(
        byAddress: [
            .read: Rate(burst: 600, perMinute: 3_000), .write: Rate(burst: 200, perMinute: 1_200),
            .payment: Rate(burst: 120, perMinute: 300), .checkout: Rate(burst: 20, perMinute: 10),
            .login: Rate(burst: 20, perMinute: 30), .page: Rate(burst: 200, perMinute: 600),
            .webhook: Rate(burst: 100, perMinute: 60),
        ],
        byAccount: [
            .read: Rate(burst: 300, perMinute: 1_200), .write: Rate(burst: 200, perMinute: 600),
            .payment: Rate(burst: 30, perMinute: 60), .page: Rate(burst: 100, perMinute: 300),
        ])

    /// So many times as much of everything.
    public func scaled(by factor: Double) -> RateLimits {
        RateLimits(
            byAddress: byAddress.mapValues { $0.scaled(by: factor) },
            byAccount: byAccount.mapValues { $0.scaled(by: factor) })
    }
}
