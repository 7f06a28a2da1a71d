internal import Kernel

/// The failpoints among which a drill chooses.
public enum FailpointMenu {
    static let requests = [
        "POST /api/auth/register", "POST /api/orders", "POST /api/payments/intent", "POST /api/orders/{id}/cancel",
        "POST /api/admin/orders/{id}/refunds", "POST /api/checkout/sessions", "POST /license/confirm",
        "POST /api/unlock/daypass", webhook, webhook, webhook,
    ]
    static let jobs = [
        "job:outbox.deliver", "job:outbox.deliver", "job:payments.apply_event", "job:payments.cancel_intent",
        "job:payments.close_checkout", "process",
    ]
    static let calls = [
        "POST /v1/payment_intents", "POST /v1/payment_intents", "GET /v1/payment_intents/{id}",
        "POST /v1/payment_intents/{id}/cancel", "POST /v1/customers", "POST /v1/refunds",
        "POST /v1/checkout/sessions", "GET /v1/checkout/sessions/{id}", "POST /v1/checkout/sessions/{id}/expire",
    ]
    /// Every failpoint that may be picked, each once and at its first turn.
    public static var all: [String] {
        let places = Set(requests + jobs + ["job:payments.sweep"])
        let sides = ["before", "after"]
        return sides.flatMap { side in
            places.map { "commit.\(side):\($0)" } + Set(calls).map { "call.\(side):\($0)" } + ["mail.\(side)"]
        }.sorted() + Set(requests).map { "answer.before:\($0)" }.sorted()
    }

    private static let webhook = "POST /api/webhook/stripe"

    /// A failpoint of a process that answers requests, or only runs jobs.
    static func pick(_ dice: Dice, serves: Bool) -> String {
        let side = dice.pick(["before", "after"])
        if dice.falls(25) { return "\(dice.pick(["commit", "call"])).\(side)=\(dice.number(in: 1...60))" }
        let turn = dice.number(in: 1...4)
        switch dice.number(in: 0...9) {
        case 0, 1, 2: return "commit.\(side):\(dice.pick(serves ? requests + jobs : jobs))=\(turn)"
        case 3, 4, 5: return "call.\(side):\(dice.pick(calls))=\(turn)"
        case 6 where serves, 7 where serves: return "answer.before:\(dice.pick(requests))=\(turn)"
        default: return "mail.\(side)=\(dice.number(in: 1...2))"
        }
    }

    /// One of what is done later: the sweep and the jobs, once the clock says that they are due.
    static func pickLater(_ dice: Dice) -> String {
        let side = dice.pick(["before", "after"])
        switch dice.number(in: 0...5) {
        case 0, 1, 2: return "commit.\(side):job:payments.sweep=\(dice.number(in: 1...6))"
        case 3: return "call.\(side)=\(dice.number(in: 1...8))"
        case 4: return "commit.\(side):\(dice.pick(jobs))=\(dice.number(in: 1...3))"
        default: return "commit.\(side)=\(dice.number(in: 1...20))"
        }
    }
}
