internal import HTTP
internal import JSON
internal import Kernel
private import Synchronization

/// What people know of a history beside the books: what they wanted, whom they attacked, and what must not be.
public final class Memory: Sendable {
    private struct State {
        var violations: [String] = []
        var logged: [String: Int] = [:]
        var deliveries: [HTTPRequest] = []
        var facts: [String: [String]] = [:]
        var tokens: [String: String] = [:]
        var refusals: Set<String> = []
        var wishes: [Wish] = []
        var attacks: [String: Int] = [:]
    }
    private let state = Mutex(State())

    /// A request that somebody wants to be answered.
    struct Wish: Sendable {
        let person: String?
        let method: String
        let path: String
        let key: String
        let body: JSONValue?
    }

    /// Keeps a wish that was not answered with certainty.
    func keep(_ wish: Wish) { state.withLock { $0.wishes.append(wish) } }
    /// The wishes that were not.
    var wishes: [Wish] { state.withLock { $0.wishes } }

    /// Attacks that were refused and logged, by kind.
    var attacks: [String: Int] { state.withLock { $0.attacks } }

    /// Something happened that must never happen.
    public func violate(_ text: String) { state.withLock { $0.violations.append(text) } }

    /// What must never happen and did.
    var violations: [String] { state.withLock { $0.violations } }

    /// Keeps a fact under a name: the orders that a person placed, say.
    public func note(_ name: String, _ fact: String) { state.withLock { $0.facts[name, default: []].append(fact) } }

    /// The facts under a name, in their order.
    public func facts(_ name: String) -> [String] { state.withLock { $0.facts[name] ?? [] } }

    /// How many warnings or lines of an event were logged; `swap_attempt ID` counts those about one order or device.
    public func logCount(_ event: String) -> Int { state.withLock { $0.logged[event] ?? 0 } }

    /// An attack was tried: it must have been refused with one of `codes`, and the log must tell of it, or nobody ever
    /// learns.
    func attacked(_ what: String, _ answer: Answer?, codes: Set<String>?) {
        guard let answer else { return }
        if answer.status < 400 {
            violate("\(what) was answered \(answer.status)")
        } else if answer.status < 500 {
            let id = answer["request_id"]?.string ?? ""
            let kind = String(what.prefix { $0 != " " })
            let isLogged = state.withLock { state in
                state.attacks[kind, default: 0] += 1
                return state.refusals.contains(id)
            }
            if let codes, !codes.contains(answer.code) { violate("\(what) was refused with \(answer.code)") }
            if !isLogged { violate("\(what) was refused with \(answer.code) and not logged") }
        }
    }

    /// An attack was tried that changes nothing: it was logged.
    func shrugged(_ kind: String) { state.withLock { $0.attacks[kind, default: 0] += 1 } }

    func logged(_ line: Log.Line) {
        if line.event == "request_refused", case .string(let id)? = line["request_id"] {
            state.withLock { _ = $0.refusals.insert(id) }
        }
        guard line.level >= .warning else { return }
        var name = line.event
        if case .string(let code)? = line["code"] { name += ":" + code }
        state.withLock { state in
            state.logged[name, default: 0] += 1
            for about in ["order_id", "device_id"] {
                if case .string(let id)? = line[about] { state.logged["\(name) \(id)", default: 0] += 1 }
            }
        }
    }

    func saw(_ delivery: HTTPRequest) {
        state.withLock { state in
            if state.deliveries.count < 50 { state.deliveries.append(delivery) }
        }
    }

    var deliveries: [HTTPRequest] { state.withLock { $0.deliveries } }

    /// Somebody's log-in, kept until it is refused.
    func token(of person: String) -> String? { state.withLock { $0.tokens[person] } }
    func keep(token: String?, of person: String) { state.withLock { $0.tokens[person] = token } }
}
