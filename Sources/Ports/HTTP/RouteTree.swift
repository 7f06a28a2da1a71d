/// Routes by path segments: a lookup costs the path's length, not the number of routes.
struct RouteTree: Sendable {
    struct Match: Sendable {
        let route: Route
        let parameters: [String: String]
    }

    private final class Node: Sendable {
        let children: [String: Node]
        let wildcard: Node?
        let routes: [String: Route]

        init(_ routes: [(segments: ArraySlice<String>, route: Route)]) {
            var here: [String: Route] = [:]
            var named: [(ArraySlice<String>, Route)] = []
            var literal: [String: [(ArraySlice<String>, Route)]] = [:]
            for (segments, route) in routes {
                guard let first = segments.first else {
                    precondition(here[route.method] == nil, "two routes for \(route.method) \(route.path)")
                    here[route.method] = route
                    continue
                }
                if first.hasPrefix("{") {
                    named.append((segments.dropFirst(), route))
                } else {
                    literal[first, default: []].append((segments.dropFirst(), route))
                }
            }
            self.routes = here
            children = literal.mapValues { Node($0) }
            wildcard = named.isEmpty ? nil : Node(named)
        }

        /// Shows `visit` every node that the segments lead to, the most literal first, until it answers true.
        func find(_ segments: ArraySlice<String>, visit: (Node) -> Bool) -> Bool {
            guard let first = segments.first else { return !routes.isEmpty && visit(self) }
            if children[first]?.find(segments.dropFirst(), visit: visit) == true { return true }
            // A name stands for something, never for nothing.
            return !first.isEmpty && wildcard?.find(segments.dropFirst(), visit: visit) == true
        }
    }

    private let root: Node
    /// The routes whose paths have no names in them, by path and method: they stand before any that has, so a path that is
    /// written as in here need not be looked at piece by piece.
    private let literal: [String: [String: Route]]

    init(_ routes: [Route]) {
        root = Node(routes.map { (Self.segments($0.path)[...], $0) })
        literal = Dictionary(grouping: routes.filter { !$0.path.contains("{") }, by: \.path)
            .mapValues { Dictionary(uniqueKeysWithValues: $0.map { ($0.method, $0) }) }
    }

    /// The route of a path, with or without one trailing slash. Of several that fit the most literal one that takes
    /// the method. HEAD is served by GET.
    func find(method: String, path: String) -> Result<Match, Problem> {
        if let route = literal[path]?[method] { return .success(Match(route: route, parameters: [:])) }
        let notFound = Problem(status: 404, code: "not_found", detail: "There is nothing at this path.")
        guard path.hasPrefix("/"), path.utf8.count <= 2048 else { return .failure(notFound) }
        var segments: [String] = []
        for segment in Self.segments(path) {
            guard let decoded = PercentCoding.decode(segment), !decoded.contains("\0") else {
                return .failure(
                    Problem(status: 400, code: "path_not_valid", detail: "The path is not well-formed."))
            }
            segments.append(decoded)
        }
        var route: Route?
        var allowed: Set<String> = []
        _ = root.find(segments[...]) { node in
            allowed.formUnion(node.routes.keys)
            route = node.routes[method] ?? (method == "HEAD" ? node.routes["GET"] : nil)
            return route != nil
        }
        guard let route else {
            if allowed.isEmpty { return .failure(notFound) }
            if allowed.contains("GET") { allowed.insert("HEAD") }
            return .failure(
                Problem(
                    status: 405, code: "method_not_allowed", detail: "This path does not take that method.",
                    headers: ["Allow": allowed.sorted().joined(separator: ", ")]))
        }
        var parameters: [String: String] = [:]
        for (name, value) in zip(Self.segments(route.path), segments) where name.hasPrefix("{") {
            parameters[String(name.dropFirst().dropLast())] = value
        }
        return .success(Match(route: route, parameters: parameters))
    }

    private static func segments(_ path: String) -> [String] {
        var segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if segments.last == "" { segments.removeLast() }
        return segments
    }
}
