internal import HTTP
internal import JSON
internal import Kernel
internal import KessaiAPI
internal import PageKit

/// Confirms what was bought, as the app does when it comes back: until there is a final answer.
struct Confirmation: Sendable {
    let api: LocalAPI

    /// What to tell. The answers of faults are not final: the token is kept and the page asks again by itself (S4-ERR-01).
    func ask(_ purchase: KeptPurchase, device: String, _ context: RequestContext) async throws -> Notice {
        do {
            let answer = try await api.send(
                "POST", purchase.confirmationPath, "",
                ["device_id": .string(device), "purchase_token": .string(purchase.token.reveal())], context, token: nil)
            guard answer.status == 202 else {
                let confirmed = try PurchaseResponse(validated: answer.json)
                return Notice(.confirmed, tone: .good, reference: confirmed.reference)
            }
            let pending = try PendingPurchaseResponse(validated: answer.json).purchase
            return Notice(
                .guidance(pending.state), tone: .plain, reference: pending.reference,
                againSeconds: Self.seconds(answer.headers["Retry-After"]))
        } catch let problem as Problem {
            let isFinal = problem.status < 500 && problem.status != 429
            return Notice(
                .of(problem), tone: problem.code == "delivery_pending" ? .plain : .bad, problem: problem,
                againSeconds: isFinal ? nil : Self.seconds(problem.headers["Retry-After"]))
        }
    }

    private static func seconds(_ text: String?) -> Int { min(max(text.flatMap { Int($0) } ?? 10, 1), 300) }
}

/// A sentence above the page.
struct Notice: Sendable {
    enum Tone: String { case good, plain, bad }

    let text: Text
    let tone: Tone
    /// The number to ask about.
    var reference: Int64?
    /// What the API said, for what is out of the ordinary.
    var problem: Problem?
    /// When the page asks again by itself; nil when the answer is final.
    var againSeconds: Int?

    init(_ text: Text, tone: Tone, reference: Int64? = nil, problem: Problem? = nil, againSeconds: Int? = nil) {
        self.text = text
        self.tone = tone
        self.reference = reference
        self.problem = problem
        self.againSeconds = againSeconds
    }

    var isFinal: Bool { againSeconds == nil }

    /// One of our own sentences; an address brings no text.
    static func named(_ name: String) -> Notice? {
        switch name {
        case "cancelled": Notice(.cancelled, tone: .plain)
        case "incomplete": Notice(.incomplete, tone: .bad)
        case "new": Notice(.becameNew, tone: .plain)
        default: nil
        }
    }
}
