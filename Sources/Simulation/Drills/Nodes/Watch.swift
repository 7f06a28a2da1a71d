internal import HTTP
public import JSON
internal import Kernel
private import Synchronization

/// Sees every request of the clients to the servers, and what became of it.
final class Watch: HTTPTransport {
    /// A request that got no good answer yet: since when, and in which phases it failed. One outage may not be over when
    /// the next begins.
    private struct Trouble {
        var since: Timestamp
        var phases: Set<Int> = []
    }
    private struct State {
        var front = ""
        var phases: [PhaseRow] = []
        var troubles: [String: Trouble] = [:]
        var lastGoodAt: Timestamp?
    }

    private let inner: any HTTPTransport
    private let clock: any WallClock
    private let listen: @Sendable (_ phase: String, _ number: Int) -> Void
    private let state = Mutex(State())

    /// Sees what goes through `inner`. `listen` hears when a phase begins, and which one it is, from 1.
    init(
        _ inner: any HTTPTransport, clock: any WallClock,
        listen: @escaping @Sendable (_ phase: String, _ number: Int) -> Void = { _, _ in }
    ) {
        self.inner = inner
        self.clock = clock
        self.listen = listen
    }

    /// The phases so far.
    var phases: [PhaseRow] { state.withLock { $0.phases } }

    /// How many requests failed and were never answered: their senders had no patience.
    var openTroubles: Int { state.withLock { $0.troubles.count } }

    /// Requests to this URL are looked at.
    func look(at front: String) { state.withLock { $0.front = front } }

    /// Nothing is looked at any more.
    func end() { look(at: "") }

    /// What comes from now on belongs to a phase.
    func begin(_ phase: String) {
        let number = state.withLock { state -> Int in
            state.phases.append(PhaseRow(name: phase))
            state.lastGoodAt = clock.now()
            return state.phases.count
        }
        listen(phase, number)
    }

    func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        guard state.withLock({ !$0.front.isEmpty && request.url.hasPrefix($0.front) }) else {
            return try await inner.send(request)
        }
        let began = clock.now()
        do {
            let response = try await inner.send(request)
            note(request, began, response, nil)
            return response
        } catch {
            note(request, began, nil, error)
            throw error
        }
    }

    private func note(
        _ request: HTTPClientRequest, _ began: Timestamp, _ response: HTTPResponse?, _ error: HTTPTransportError?
    ) {
        let now = clock.now()
        let answer = response.map { ($0.status, Self.code($0)) }
        // Without a key a request is its sender's, with what it asks for.
        let identity =
            request.headers["Idempotency-Key"]
            ?? "\(request.method) \(request.url) \(request.headers["Authorization"] ?? "")"
        state.withLock { state in
            guard let last = state.phases.indices.last else { return }
            state.phases[last].requests += 1
            state.phases[last].slowestMs = max(state.phases[last].slowestMs, now.since(began).milliseconds)
            guard let (status, code) = answer else {
                let name = if case .notSent = error { "not reached" } else { "broken off" }
                // nginx stands before all nodes, and answers whatever becomes of them.
                state.phases[last].wrongs[name, default: 0] += 1
                state.troubles[identity, default: Trouble(since: began)].phases.insert(last)
                return
            }
            let saysWhen = response?.headers["Retry-After"] != nil
            let isKeyed = request.method == "POST" && request.headers["Idempotency-Key"] != nil
            let isInUse = status == 409 && code == "idempotency_key_in_use"
            if status == 503, saysWhen, code == "unavailable" {
                state.phases[last].awayAnswers += 1
                if isKeyed { state.phases[last].keyedAway += 1 }
            } else if isInUse || (status == 503 && !code.isEmpty), saysWhen {
                state.phases[last].others["\(status) \(code)", default: 0] += 1
            } else if status >= 500 || isInUse {
                let name = "\(status) \(code.isEmpty ? "without a code" : code)"
                state.phases[last].wrongs[name + (saysWhen ? "" : " without Retry-After"), default: 0] += 1
            } else {
                if let trouble = state.troubles.removeValue(forKey: identity) {
                    if status < 400 {
                        state.phases[last].mended += 1
                        if isKeyed { for phase in trouble.phases { state.phases[phase].keyedMended += 1 } }
                    } else if isKeyed, !Self.refusals.contains(code) {
                        state.phases[last].wrongs["\(status) \(code) to a repeat", default: 0] += 1
                    } else {
                        state.phases[last].others["\(status) \(code) to a repeat", default: 0] += 1
                    }
                    state.phases[last].longestTroubleMs = max(
                        state.phases[last].longestTroubleMs, now.since(trouble.since).milliseconds)
                }
                if let before = state.lastGoodAt {
                    state.phases[last].longestGapMs = max(
                        state.phases[last].longestGapMs, now.since(before).milliseconds)
                }
                state.lastGoodAt = now
                return
            }
            state.troubles[identity, default: Trouble(since: began)].phases.insert(last)
        }
    }

    /// How a repeat with a key may be refused: what it asks for was settled otherwise meanwhile, or the account was
    /// made by the try that failed after it (`email_taken`, whose answer to that try was lost: one logs in).
    private static let refusals: Set<String> = [
        "order_not_pending", "order_not_cancelable", "payment_in_progress", "payment_already_processed",
        "payment_intent_creation_failed", "nothing_to_refund", "refund_too_large", "refund_refused", "out_of_stock",
        "too_many_open_orders", "already_unlocked", "license_owned", "purchase_closed", "purchase_in_progress",
        "purchase_needs_review", "delivery_pending", "email_taken",
    ]

    private static func code(_ response: HTTPResponse) -> String {
        guard response.status >= 400 else { return "" }
        do throws(JSONError) { return try JSONValue(parsing: response.body)["code"]?.string ?? "" } catch { return "" }
    }
}

/// What clients saw in one phase.
public struct PhaseRow: Sendable, Equatable {
    /// Its name.
    public let name: String
    /// Requests that ended in it.
    public var requests = 0
    /// 503 with `Retry-After` and the code `unavailable`: the database or every node is away.
    public var awayAnswers = 0
    /// Those of them to a POST with an `Idempotency-Key`.
    public var keyedAway = 0
    /// Everything else that wants a repeat, by name: `409 idempotency_key_in_use`,
    /// `503 payment_page_unavailable` (Stripe is away).
    public var others: [String: Int] = [:]
    /// Answers that must not be, by name: `not reached`, `broken off`, `500 internal_error`,
    /// `503 unavailable without Retry-After`, `404 order_not_found to a repeat`, ….
    public var wrongs: [String: Int] = [:]
    /// Requests that had failed and then were answered well. A refusal of such a one is among the `others`, as
    /// `409 order_not_cancelable to a repeat`.
    public var mended = 0
    /// POSTs with an `Idempotency-Key` that failed in it and were answered well, whenever that was.
    public var keyedMended = 0
    /// The longest time from the first failure of a request to its answer, in milliseconds.
    public var longestTroubleMs: Int64 = 0
    /// The longest time in which nobody got an answer of use, in milliseconds.
    public var longestGapMs: Int64 = 0
    /// The slowest answer, good or bad, in milliseconds.
    public var slowestMs: Int64 = 0

    /// Nothing yet.
    public init(name: String) { self.name = name }

    /// As JSON.
    public var json: JSONValue {
        func object(_ counts: [String: Int]) -> JSONValue {
            .object(JSONObject(counts.sorted { $0.key < $1.key }.map { ($0.key, .int(Int64($0.value))) }))
        }
        return [
            "phase": .string(name), "requests": .int(Int64(requests)), "unavailable": .int(Int64(awayAnswers)),
            "others": object(others), "wrong": object(wrongs),
            "unavailable_with_key": .int(Int64(keyedAway)), "mended_with_key": .int(Int64(keyedMended)),
            "mended": .int(Int64(mended)), "longest_trouble_ms": .int(longestTroubleMs),
            "longest_gap_ms": .int(longestGapMs), "slowest_ms": .int(slowestMs),
        ]
    }

    /// The heading of ``markdown``.
    public static let heading = """
        | phase | requests | 503 with `Retry-After` | other failures | repeats that succeeded | longest trouble of a client | longest time without a good answer | slowest answer |
        |---|---:|---:|---|---:|---:|---:|---:|
        """

    /// A row of a table.
    public var markdown: String {
        let others = (others.sorted { $0.key < $1.key } + wrongs.sorted { $0.key < $1.key })
            .map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
        return "| \(name) | \(requests) | \(awayAnswers) | \(others) | \(mended) | \(longestTroubleMs) ms "
            + "| \(longestGapMs) ms | \(slowestMs) ms |"
    }
}
