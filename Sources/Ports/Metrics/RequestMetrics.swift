private import Synchronization

/// How requests went since the process began, by route. The labels are the program's own words, so that strangers cannot make
/// new ones.
public final class RequestMetrics: Sendable {
    /// A route and what became of its requests.
    private struct Key: Hashable, Sendable {
        let method: String
        let route: String
        /// The status: 200, 404, …
        let status: Int
    }
    private struct State {
        var durations: [Key: Histogram] = [:]
        var refusals: [String: Int64] = [:]
        var underWay = 0
        var connections = 0
        var turnedAway: [String: Int64] = [:]
    }
    private let state = Mutex(State())

    /// Nothing yet.
    public init() {}

    /// A request begins.
    public func begin() { state.withLock { $0.underWay += 1 } }

    /// It is over: its route (`?` where there is none), the answer's status, and how long it took, in milliseconds.
    public func end(method: String, route: String, status: Int, milliseconds: Int64) {
        state.withLock { state in
            state.underWay -= 1
            state.durations[Key(method: method, route: route, status: status), default: Histogram()]
                .observe(milliseconds: milliseconds)
        }
    }

    /// A request was refused before a handler saw it: the problem's code.
    public func refuse(_ code: String) { state.withLock { $0.refusals[code, default: 0] += 1 } }

    /// A connection was let in.
    public func connectionOpened() { state.withLock { $0.connections += 1 } }

    /// One that was let in is closed.
    public func connectionClosed() { state.withLock { $0.connections -= 1 } }

    /// A connection was not let in: why.
    public func turnAway(_ reason: String) { state.withLock { $0.turnedAway[reason, default: 0] += 1 } }

    /// Writes all of it.
    public func write(to page: inout Exposition) {
        let (durations, refusals, underWay) = state.withLock { ($0.durations, $0.refusals, $0.underWay) }
        let (connections, turnedAway) = state.withLock { ($0.connections, $0.turnedAway) }
        page.begin("kessai_http_connections", .gauge, "Connections that are open.")
        page.sample("kessai_http_connections", Int64(max(0, connections)))
        page.begin("kessai_http_connections_turned_away_total", .counter, "Connections that were not let in.")
        for (reason, count) in turnedAway.sorted(by: { $0.key < $1.key }) {
            page.sample("kessai_http_connections_turned_away_total", ["reason": reason], count)
        }
        page.begin("kessai_http_requests_under_way", .gauge, "Requests that are being answered.")
        page.sample("kessai_http_requests_under_way", Int64(underWay))
        page.begin("kessai_http_refusals_total", .counter, "Requests refused before a handler saw them.")
        for (code, count) in refusals.sorted(by: { $0.key < $1.key }) {
            page.sample("kessai_http_refusals_total", ["code": code], count)
        }
        let name = "kessai_http_request_duration_seconds"
        page.begin(name, .histogram, "From the whole request to its answer, by route and status.")
        for (key, histogram) in durations.sorted(by: { Self.order($0.key) < Self.order($1.key) }) {
            let status = "\(key.status)"
            for (bound, count) in histogram.cumulative {
                page.sample(
                    "\(name)_bucket",
                    ["method": key.method, "route": key.route, "status": status, "le": Self.seconds(bound)], count)
            }
            page.sample(
                "\(name)_bucket", ["method": key.method, "route": key.route, "status": status, "le": "+Inf"],
                histogram.count)
            let labels: Exposition.Labels = ["method": key.method, "route": key.route, "status": status]
            page.sample("\(name)_sum", labels, milliseconds: histogram.sumMs)
            page.sample("\(name)_count", labels, histogram.count)
        }
    }

    private static func order(_ key: Key) -> (String, String, Int) { (key.route, key.method, key.status) }

    private static func seconds(_ milliseconds: Int64) -> String {
        milliseconds % 1000 == 0 ? "\(milliseconds / 1000)" : "0." + String(String(milliseconds + 1000).dropFirst())
    }
}
