import Kernel
import Testing

@testable import Payments

/// Law 10: an entry of the journal loses no money.
@Suite struct JournalTests {
    @Test func `an entry sums to zero in each currency and moves between accounts`() throws {
        let yen = Money(980, .jpy)
        let less = Money(-980, .jpy)
        try Journal.requireBalance([(.stripeBalance, yen), (.sales, less)])
        try Journal.requireBalance([
            (.stripeBalance, yen), (.sales, Money(-900, .jpy)), (.unappliedPayments, Money(-80, .jpy)),
        ])
        let faults: [[(account: LedgerAccount, amount: Money)]] = [
            [(.stripeBalance, yen)], [(.stripeBalance, yen), (.sales, yen)], [(.sales, yen), (.sales, less)],
            [(.stripeBalance, yen), (.sales, Money(-979, .jpy))],
        ]
        for postings in faults {
            #expect(throws: Journal.Unbalanced(currency: .jpy)) { try Journal.requireBalance(postings) }
        }
        // The numbers alone would cancel each other out.
        #expect(throws: Journal.Unbalanced.self) {
            try Journal.requireBalance([(.stripeBalance, yen), (.sales, Money(-980, .usd))])
        }
    }
}
