import Kernel
import Testing

@testable import Payments

/// The rules of an order's life, as tables (laws 2, 4 and 7).
@Suite struct OrderLifecycleTests {
    private static let id = OrderID("019aa000-0000-7000-8000-000000000001")

    private func order(_ status: OrderStatus = .awaitingPayment, customer: String? = "cus_1") -> Order {
        Order(
            id: Self.id, number: 1, seller: "shop", flow: .paymentIntent, userID: "u", total: Money(980, .jpy),
            status: status, attempt: 1,
            stripeCustomerID: customer, stripePaymentIntentID: "pi_1", refundedMinor: 0, disputed: false,
            createdAt: Timestamp(epochMs: 0), expiresAt: Timestamp(epochMs: 1), cancelRequestedAt: nil,
            canceledAt: nil, paidAt: nil)
    }

    /// Facts that differ from the order's in one thing.
    enum Difference: String, CaseIterable, Sendable {
        case none, more, less, currency, customer, noCustomer, order, noOrder

        var facts: PaymentFacts {
            PaymentFacts(
                paymentIntentID: "pi_1", chargeID: "ch_1",
                received: Money(
                    self == .more ? 981 : self == .less ? 979 : 980,
                    self == .currency ? .usd : .jpy),
                customerID: self == .customer ? "cus_2" : self == .noCustomer ? nil : "cus_1",
                orderID: self == .order
                    ? OrderID("019aa000-0000-7000-8000-000000000002")
                    : self == .noOrder ? nil : OrderLifecycleTests.id)
        }

        var kind: ReviewKind? {
            switch self {
            case .none: nil
            case .more, .less: .amountMismatch
            case .currency: .currencyMismatch
            case .customer, .noCustomer: .customerMismatch
            case .order, .noOrder: .orderMismatch
            }
        }
    }

    @Test(arguments: OrderStatus.allCases, Difference.allCases)
    func `every status meets every payment`(status: OrderStatus, difference: Difference) {
        let effects = OrderLifecycle.paymentSucceeded(difference.facts, for: order(status), known: false)
        let isOpen = status == .pending || status == .awaitingPayment
        if let kind = difference.kind {
            #expect(effects == [.recordUnapplied, .flag(kind)] + (isOpen ? [.quarantine] : []))
        } else if isOpen {
            #expect(effects == [.payAndFulfil])
        } else {
            let kind: ReviewKind =
                switch status {
                case .canceled: .paidAfterCancel
                case .needsReview: .paidDuringReview
                default: .duplicatePayment
                }
            #expect(effects == [.recordUnapplied, .flag(kind)])
        }
    }

    @Test(arguments: OrderStatus.allCases, Difference.allCases)
    func `a payment that is recorded already does nothing`(status: OrderStatus, difference: Difference) {
        #expect(OrderLifecycle.paymentSucceeded(difference.facts, for: order(status), known: true) == [])
    }

    @Test(
        arguments: [
            ("019aa000-0000-7000-8000-000000000002", .usd, .orderMismatch), (nil, .usd, .currencyMismatch),
            (nil, .jpy, .customerMismatch),
        ] as [(String?, Currency, ReviewKind)])
    func `of several differences the gravest is named: order, currency, customer, and last the amount`(
        other: String?, currency: Currency, kind: ReviewKind
    ) {
        let facts = PaymentFacts(
            paymentIntentID: "pi_1", chargeID: nil, received: Money(1, currency), customerID: nil,
            orderID: other.map { OrderID($0) } ?? Self.id)
        #expect(OrderLifecycle.mismatch(facts, with: order()) == kind)
    }

    @Test func `an order that knows no customer takes any`() {
        #expect(OrderLifecycle.mismatch(Difference.customer.facts, with: order(customer: nil)) == nil)
    }

    @Test(
        arguments: [
            (0, .paid), (-1, .paid), (1, .partiallyRefunded), (979, .partiallyRefunded), (980, .refunded),
            (981, .refunded),
        ] as [(Int64, OrderStatus)])
    func `the status follows what went back`(refunded: Int64, status: OrderStatus) {
        #expect(OrderLifecycle.status(paid: Money(980, .jpy), refundedMinor: refunded) == status)
    }

    @Test(arguments: OrderStatus.allCases)
    func `only an open order that nobody cancels is payable`(status: OrderStatus) {
        var order = order(status)
        #expect(order.isPayable == (status == .pending || status == .awaitingPayment))
        order.cancelRequestedAt = Timestamp(epochMs: 5)
        #expect(!order.isPayable)
    }

    @Test(arguments: OrderStatus.allCases)
    func `paid is paid whatever came after`(status: OrderStatus) {
        #expect(status.isPaid == [.paid, .partiallyRefunded, .refunded].contains(status))
    }
}
