public import Kernel

/// What licences and day passes cost: the only source of their prices (law 1, S4-SESS-04).
public struct PriceTable: Sendable, Equatable {
    /// A step of the day pass's price.
    public struct Step: Sendable, Equatable {
        /// From this many unlocks on, 0 or more.
        public let fromCount: Int64
        /// In minor units.
        public let amountMinor: Int64

        /// A step.
        public init(fromCount: Int64, amountMinor: Int64) {
            self.fromCount = fromCount
            self.amountMinor = amountMinor
        }
    }

    /// What the licence costs.
    public let license: Money
    /// The steps, the first from 0, ascending, in the licence's currency.
    public let daypass: [Step]

    /// Prices that Stripe can charge; nil when the steps do not begin at 0 and ascend, or a price is none that Stripe
    /// charges (``Currency/isChargeable(amountMinor:)``).
    public init?(license: Money, daypass: [Step]) {
        let currency = license.currency
        guard daypass.first?.fromCount == 0, currency.isChargeable(amountMinor: license.amountMinor),
            zip(daypass, daypass.dropFirst()).allSatisfy({ $0.fromCount < $1.fromCount }),
            daypass.allSatisfy({ currency.isChargeable(amountMinor: $0.amountMinor) })
        else { return nil }
        self.license = license
        self.daypass = daypass
    }

    /// The price of a device's next day pass, by how often it was unlocked (S4-SESS-02).
    public func daypass(afterUnlocks count: Int64) -> Money {
        // The first step is from 0, so there is one for every count.
        let step = daypass.last { $0.fromCount <= count } ?? daypass[0]
        return Money(step.amountMinor, license.currency)
    }
}

/// What a device can buy. The words are those of the wire and of the database.
public enum ProductType: String, Sendable, CaseIterable {
    /// Unlocks for ever.
    case license
    /// Unlocks for a day.
    case daypass
}
