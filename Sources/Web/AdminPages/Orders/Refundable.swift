internal import Kernel
internal import KessaiAPI

/// A payment of an order and what is left of it to refund.
struct Refundable: Sendable {
    let payment: PaymentResponse
    /// In minor units. The server counts again when the refund is made; this is for the page.
    let leftMinor: Int64

    var left: MoneyDTO { MoneyDTO(Money(leftMinor, payment.amount.money?.currency ?? .jpy)) }

    /// The payments of an order, the one that paid it first.
    static func of(_ detail: AdminOrderDetailResponse) -> [Refundable] {
        let payments = detail.payments.filter(\.applied) + detail.payments.filter { !$0.applied }
        return payments.map { payment in
            let gone = detail.refunds.filter {
                $0.paymentID == payment.id
                    && ["submitted", "pending", "succeeded"].contains($0.status)
            }
            return Refundable(
                payment: payment, leftMinor: max(0, payment.amount.amount - gone.reduce(0) { $0 + $1.amount.amount }))
        }
    }
}
