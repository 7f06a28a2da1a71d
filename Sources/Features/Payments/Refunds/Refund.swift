internal import Kernel
internal import StripeClient

/// Money on its way back to the buyer.
///
/// ```
/// submitted ──▶ pending ──▶ succeeded ──▶ failed
///     │                └──▶ failed, canceled
///     └──▶ refused (Stripe would not), never at Stripe
/// ```
/// A refund that was made at Stripe's dashboard begins at whatever state Stripe tells first.
struct Refund: Sendable, Equatable {
    enum State: String, Sendable, CaseIterable {
        /// Stripe was or is being called; the outcome is not known.
        case submitted
        /// On its way.
        case pending
        /// Gone back.
        case succeeded
        /// Came back to us, also after it had succeeded.
        case failed
        /// Canceled before it went.
        case canceled
        /// Stripe definitely refused to make it.
        case refused
    }

    let id: String
    let orderID: OrderID
    let paymentID: String
    let amount: Money
    let reason: String
    var state: State
    let idempotencyKey: String?
    var stripeRefundID: String?
    let requestedBy: String
    let createdAt: Timestamp

    /// Whether its amount counts as gone or going.
    var isReserved: Bool {
        switch state {
        case .submitted, .pending, .succeeded: true
        case .failed, .canceled, .refused: false
        }
    }
}

extension Refund.State {
    /// How final a state is. Law 6: news applies only when it is more final, so its order does not matter.
    var finality: Int {
        switch self {
        case .submitted: 0
        case .pending: 1
        case .succeeded: 2
        case .failed, .canceled, .refused: 3
        }
    }

    /// Stripe's word; what is unknown or needs the buyer's help is on its way.
    init(_ status: StripeRefundStatus?) {
        switch status {
        case .succeeded, nil: self = .succeeded
        case .failed: self = .failed
        case .canceled: self = .canceled
        case .pending, .requiresAction, .unknown: self = .pending
        }
    }
}
