import StripeClient
import Testing

@testable import Payments

/// Law 6: news of a refund applies only when it is more final.
@Suite struct RefundStateTests {
    @Test func `a refund goes forward only`() {
        let ladder: [[Refund.State]] = [[.submitted], [.pending], [.succeeded], [.failed, .canceled, .refused]]
        for (rank, states) in ladder.enumerated() {
            for state in states { #expect(state.finality == rank) }
        }
        #expect(ladder.joined().count == Refund.State.allCases.count)
    }

    @Test(
        arguments: [
            (.succeeded, .succeeded), (.failed, .failed), (.canceled, .canceled), (.pending, .pending),
            (.requiresAction, .pending), (nil, .succeeded),
        ] as [(StripeRefundStatus?, Refund.State)])
    func `Stripe's words have their meaning`(word: StripeRefundStatus?, state: Refund.State) {
        #expect(Refund.State(word) == state)
    }
}
