import HTTP
import JSON
import Kernel

/// The pages that show what happened.
enum HistoryPages {
    static let rowsMax = 100

    /// Requests, events and deliveries, the newest first. `filter` is text that a row must contain.
    static func overview(_ state: SandboxState, filter: String) -> HTTPResponse {
        let body: Markup = """
            <h1>Stripe sandbox</h1>
            <nav><a href="#requests">Requests</a><a href="#events">Events</a><a href="#deliveries">Deliveries</a>\
            <a href="/_sandbox/state">State</a><a href="/_sandbox/faults">Faults</a></nav>
            <form method="get" action="/_sandbox/" class="row"><label>Filter \
            <input name="q" value="\(filter)" maxlength="200"></label><button>Show</button></form>
            \(requests(state, filter))\(events(state, filter))\(deliveries(state, filter))
            """
        return PageFrame.response("Stripe sandbox", body, refreshes: filter.isEmpty)
    }

    private static func requests(_ state: SandboxState, _ filter: String) -> Markup {
        let shown = state.requests.all.filter {
            shows(filter, [$0.method, $0.path, "\($0.status)", $0.id, $0.idempotencyKey ?? "", $0.parameters])
        }
        let rows = shown.suffix(rowsMax).reversed().map { request -> Markup in
            let note = [request.isReplay ? "replayed" : nil, request.fault].compactMap { $0 }.joined(separator: ", ")
            return """
                <tr><td>\(request.at.rfc3339)</td><td>\(request.method)</td><td><code>\(request.path)</code></td>
                <td class="\(request.status < 400 && request.status > 0 ? "good" : "bad")">\(request.status) \(note)</td>
                <td><code>\(request.idempotencyKey ?? "")</code></td>
                <td><a href="/_sandbox/view/requests/\(request.id)"><code>\(request.id)</code></a></td></tr>
                """
        }
        return table("requests", "Requests", ["Time", "Method", "Path", "Status", "Key", "Request"], rows)
    }

    private static func events(_ state: SandboxState, _ filter: String) -> Markup {
        var shown: [Event] = []
        for event in state.events.newestFirst where shown.count < rowsMax {
            let texts = [event.type, event.id, event.object["id"]?.string ?? "", event.requestID ?? ""]
            if shows(filter, texts) { shown.append(event) }
        }
        let rows = shown.map { event -> Markup in
            """
            <tr><td>\(Timestamp(epochSeconds: event.created).rfc3339)</td><td>\(event.type)</td>
            <td><code>\(event.object["id"]?.string ?? "")</code></td><td>\(event.waiting.count)</td>
            <td><a href="/_sandbox/view/events/\(event.id)"><code>\(event.id)</code></a></td></tr>
            """
        }
        return table("events", "Events", ["Time", "Type", "Object", "Unacknowledged", "Event"], rows)
    }

    private static func deliveries(_ state: SandboxState, _ filter: String) -> Markup {
        let all = Array(state.deliveries.history.all) + state.deliveries.open
        let shown = all.sorted { $0.id > $1.id }.filter {
            shows(filter, [$0.type, $0.eventID, $0.endpointID, $0.status.rawValue])
        }
        let rows = shown.prefix(rowsMax).map { delivery -> Markup in
            """
            <tr><td>\(delivery.type)</td><td><code>\(delivery.eventID)</code></td>
            <td>\(state.webhookEndpoints[delivery.endpointID]?.url ?? delivery.endpointID)</td>
            <td class="\(delivery.status == .delivered ? "good" : "bad")">\(delivery.status.rawValue)</td>
            <td>\(Markup(delivery.attempts.map(attempt)))</td>
            <td>\(delivery.status == .pending ? delivery.due.rfc3339 : "")</td></tr>
            """
        }
        let heads = ["Type", "Event", "Endpoint", "Status", "Attempts", "Next"]
        return table("deliveries", "Deliveries", heads, rows)
    }

    private static func attempt(_ attempt: Delivery.Attempt) -> Markup {
        let outcome = attempt.status.map(String.init) ?? attempt.failure ?? ""
        return "<div>\(attempt.at.rfc3339) \(outcome) <code>\(String(attempt.answer.prefix(80)))</code></div>"
    }

    private static func shows(_ filter: String, _ texts: [String]) -> Bool {
        filter.isEmpty || texts.contains { $0.contains(filter) }
    }

    private static func table(_ id: String, _ title: String, _ heads: [String], _ rows: [Markup]) -> Markup {
        let head = Markup(heads.map { "<th scope=\"col\">\($0)</th>" })
        let none: Markup = rows.isEmpty ? "<tr><td colspan=\"\(heads.count)\">–</td></tr>" : ""
        return """
            <h2 id="\(id)">\(title)</h2>
            <table><thead><tr>\(head)</tr></thead><tbody>\(Markup(rows))\(none)</tbody></table>
            """
    }

    /// One request with what was sent and answered; nil when it is not remembered.
    static func request(_ state: SandboxState, _ id: String) -> HTTPResponse? {
        guard let request = state.requests.all.first(where: { $0.id == id }) else { return nil }
        let parameters = request.parameters.split(separator: "&").map { part in
            PercentCoding.decode(part, plusIsSpace: true) ?? String(part)
        }
        return PageFrame.response(
            request.id,
            """
            <p><a href="/_sandbox/">Stripe sandbox</a></p><h1>\(request.method) <code>\(request.path)</code></h1>
            <pre>\(request.json.text(pretty: true))</pre><h2>Parameters</h2>
            <pre>\(parameters.joined(separator: "\n"))</pre>
            <h2>Answer</h2><pre>\(String(decoding: request.answer, as: UTF8.self))</pre>
            """)
    }

    /// One event as its endpoints get it; nil when there is none.
    static func event(_ state: SandboxState, _ id: String) -> HTTPResponse? {
        guard let event = state.events[id] else { return nil }
        return PageFrame.response(
            event.id,
            """
            <p><a href="/_sandbox/">Stripe sandbox</a></p><h1>\(event.type)</h1>
            <form method="post" action="/_sandbox/events/\(event.id)/resend"><button>Send again</button></form>
            <pre>\(JSONValue.object(event.json).text(pretty: true))</pre>
            """)
    }

    /// The receipt of a charge; nil when there is none.
    static func receipt(_ state: SandboxState, _ id: String) -> HTTPResponse? {
        guard let charge = state.charges[id], charge.status == .succeeded else { return nil }
        let money = Currency(charge.currency).map { Money(charge.amount, $0).description } ?? "\(charge.amount)"
        let isCard = charge.paymentMethod.kind == .card
        let card =
            isCard
            ? "\(charge.paymentMethod.card.brand) •••• \(charge.paymentMethod.card.last4)"
            : "コンビニ払い / Convenience store"
        return PageFrame.response(
            "領収書 / Receipt",
            """
            <main class="card"><h1>領収書 <span lang="en">Receipt</span></h1><p><strong>\(money)</strong></p>
            <p>\(card)</p><p>\(Timestamp(epochSeconds: charge.created).rfc3339)</p><p><code>\(charge.id)</code></p></main>
            """, language: "ja")
    }
}
