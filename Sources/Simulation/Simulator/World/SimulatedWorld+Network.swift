internal import HTTP
public import JSON
internal import Kernel
internal import KessaiApp
internal import StripeSandbox

// How people and Stripe reach the application, and people Stripe.
extension SimulatedWorld {
    /// Sends a request; nil when no answer came. What a client does about it is the client's business.
    public func request(
        _ method: String, _ path: String, token: String? = nil, key: String? = nil, body: JSONValue? = nil
    ) async -> Answer? {
        var headers: HTTPHeaders = [:]
        if let token { headers["Authorization"] = "Bearer \(token)" }
        if let key { headers["Idempotency-Key"] = key }
        if body != nil { headers["Content-Type"] = "application/json" }
        let request = HTTPRequest(method, path, headers: headers, body: body?.bytes() ?? [])
        let activity = "\(method) \(Self.template(path))"
        await wait(.milliseconds(chance.number(in: 1...50)))
        let answer: HTTPResponse?
        switch board.pass(.request, activity) {
        case .requestLost: answer = nil
        case .requestAnswerLost:
            _ = await reach(request, activity)
            answer = nil
        case .requestRepeated:
            answer = await withTaskGroup(of: HTTPResponse?.self) { group in
                for _ in 0..<2 { group.addTask { await self.reach(request, activity) } }
                var last: HTTPResponse?
                for await one in group { last = one ?? last }
                return last
            }
        case .requestRepeatedLate:
            answer = await reach(request, activity)
            late.keep(until: clock.now().adding(.milliseconds(chance.number(in: 1_000...300_000)))) {
                _ = await self.reach(request, activity)
            }
        case .requestAnswerSlow:
            answer = await reach(request, activity)
            await wait(.milliseconds(chance.number(in: 1_000...90_000)))
        case .requestSlow:
            await wait(.milliseconds(chance.number(in: 1_000...90_000)))
            answer = await reach(request, activity)
        case .requestHungUp:
            await hangUp(on: { _ = await self.reach(request, activity) })
            answer = nil
        default: answer = await reach(request, activity)
        }
        if answer == nil { await wait(.milliseconds(chance.number(in: 100...10_000))) }
        trace.tell("    \(activity): \(answer.map { Answer($0).told } ?? "no answer")")
        return answer.map { Answer($0) }
    }

    /// A request as a good client sends it: again, with the same key, until it is answered. What was not when the client
    /// has no more patience (longer than a dead node's hold on the key) is asked again in the calm.
    public func persist(
        as person: String? = nil, _ method: String, _ path: String, key: String, body: JSONValue? = nil
    ) async -> Answer? {
        let wish = Memory.Wish(person: person, method: method, path: path, key: key, body: body)
        var answer: Answer?
        for _ in 0..<12 {
            answer = await send(wish)
            if answer?.isCertain == true { return answer }
            await wait(.milliseconds(chance.number(in: 500...12_000)))
        }
        memory.keep(wish)
        return answer
    }

    /// Sends a wish once.
    func send(_ wish: Memory.Wish) async -> Answer? {
        guard let person = wish.person else {
            return await request(wish.method, wish.path, key: wish.key, body: wish.body)
        }
        return await request(as: person, wish.method, wish.path, key: wish.key, body: wish.body)
    }

    /// Whoever asked is gone before the answer: the server cancels what is being done for them, wherever it is.
    func hangUp(on work: @escaping @Sendable () async -> Void) async {
        let patienceMs = chance.oneIn(3) ? 0 : chance.number(in: 1...150)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await work() }
            await wait(.milliseconds(patienceMs))
            group.cancelAll()
        }
    }

    /// What the application answers; nil when it is down or dies.
    func reach(_ request: HTTPRequest, _ activity: String) async -> HTTPResponse? {
        guard let running = node.running else { return nil }
        var request = request
        request.head.requestID = "req_\(chance.next())"
        if let mutated = mutation?.changeRequest { request = await mutated(request, self) }
        let sent = request
        let response = await Activity.$current.withValue(activity) { () async -> HTTPResponse in
            switch running.app.edge.admit(sent.head) {
            case .refuse(let refusal): return refusal
            case .accept: return await running.app.edge.respond(to: sent)
            }
        }
        // An answer of a dead process reaches nobody.
        guard running.life.isAlive else { return nil }
        return mutation?.changeResponse?(sent, response) ?? response
    }

    /// Calls Stripe with the secret key, beside the application: dashboards, payers' browsers, and whoever checks the
    /// books. The line never fails; Stripe may.
    public func atStripe(_ method: String, _ path: String, _ form: String = "") async -> Answer? {
        await direct(
            HTTPClientRequest(
                method: method, url: Settings.stripeOwnBase + path,
                headers: [
                    "Authorization": "Bearer \(Self.stripeKey)", "Content-Type": "application/x-www-form-urlencoded",
                ], body: Array(form.utf8)))
    }

    /// Sends JSON to the sandbox's own controls.
    public func atSandbox(_ path: String, _ json: JSONValue) async -> Answer? {
        await direct(
            HTTPClientRequest(
                method: "POST", url: Settings.stripeOwnBase + path, headers: ["Content-Type": "application/json"],
                body: json.bytes()))
    }

    private func direct(_ request: HTTPClientRequest) async -> Answer? {
        do throws(HTTPTransportError) {
            let answer = Answer(try await stripe.send(request))
            trace.note("\(request.url) \(answer.status)")
            return answer
        } catch {
            return nil
        }
    }

    /// Every object of a list at Stripe, newest first.
    func list(_ path: String) async -> [JSONValue] {
        var found: [JSONValue] = []
        while true {
            let after = found.last?["id"]?.string.map { "&starting_after=\($0)" } ?? ""
            let page = await atStripe("GET", "\(path)?limit=100\(after)")
            guard let page, let data = page["data"]?.array else {
                // Books that cannot be read prove nothing.
                if !isNoisy { memory.violate("\(path) cannot be read: \(page?.told ?? "no answer")") }
                return found
            }
            found += data
            guard page["has_more"]?.bool == true else { return found }
        }
    }

    /// A path with its ids left out.
    static func template(_ path: String) -> String {
        path.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false).map { part in
            part.contains(where: \.isNumber) ? "{id}" : String(part)
        }.joined(separator: "/")
    }

    /// Banks decide in the end about payments that they still work on.
    func settleBanks() async {
        for id in sandbox.undecided {
            let outcome = chance.oneIn(3) ? "failed" : "paid"
            _ = await atSandbox("/_sandbox/payment_intents/\(id)/settle", ["outcome": .string(outcome)])
            trace.tell("    a bank decides about \(id): \(outcome)")
        }
    }
}
