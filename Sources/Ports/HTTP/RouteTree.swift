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

        func find(_ segments: ArraySlice<String>) -> Node? {
            guard let first = segments.first else { return routes.isEmpty ? nil : self }
            if let found = children[first]?.find(segments.dropFirst()) { return found }
            return wildcard?.find(segments.dropFirst())
        }
    }

    private let root: Node

    init(_ routes: [Route]) {
        root = Node(routes.map { (Self.segments($0.path)[...], $0) })
    }

    /// The route of a path, with or without one trailing slash. HEAD is served by GET.
    func find(method: String, path: String) -> Result<Match, Problem> {
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
        guard let node = root.find(segments[...]) else { return .failure(notFound) }
        guard let route = node.routes[method] ?? (method == "HEAD" ? node.routes["GET"] : nil) else {
            var allowed = Set(node.routes.keys)
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
