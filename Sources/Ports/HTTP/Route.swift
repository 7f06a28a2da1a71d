public import Identity
public import JSON
public import Kernel

/// Who may call a route. There is no default: every route says it.
public enum Access: Sendable, Hashable {
    /// Anybody.
    case everyone
    /// Anybody whose message proves itself, as a signed webhook does.
    case signature
    /// Somebody logged in with one of these roles.
    case roles(Set<Role>)

    /// Anybody logged in.
    public static let authenticated = Access.roles(Set(Role.allCases))
}

/// What a repeated POST does.
public enum Repeats: Sendable {
    /// The first answer is kept by `Idempotency-Key` and given again.
    case storedAnswer
    /// A repeat does no harm and is simply answered again.
    case harmless
}

/// A request on its way through the application.
public struct RequestContext: Sendable {
    /// The request.
    public let request: HTTPRequest
    /// The route that serves it.
    public let route: Route
    /// The decoded `{names}` of the path.
    public let parameters: [String: String]
    /// The body as JSON, already checked against the route's schema; `null` when the route takes none.
    public var json: JSONValue
    /// Who asks; nil on routes that do not ask who, whatever token was sent.
    public var principal: Principal?
    /// A log that carries the request's id.
    public let log: Log
    /// What tells this request from every other one: the hash of who asks, their `Idempotency-Key`, and what they ask; nil
    /// when there is no key. Rows that must not be made twice keep it, so that a repeat finds them also after a crash.
    public var requestKey: String?

    /// The request's id.
    public var requestID: String { request.head.requestID }

    /// Who asks, on routes that the router lets nobody else through. Throws a 401 problem elsewhere.
    public func authenticated() throws -> Principal {
        guard let principal else { throw Problem.notLoggedIn }
        return principal
    }

    /// The value of a `{name}`; a route that asks for a name its path does not have gets an empty text.
    public func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// The query's value of a name; nil when absent. A query that is not well-formed is refused before the handler.
    public func query(_ name: String) -> String? {
        PercentCoding.pairs(request.head.query)?.first { $0.name == name }?.value
    }
}

/// A declaration that is served, checked and printed into the OpenAPI document alike.
public struct Route: Sendable {
    /// What a handler is.
    public typealias Handler = @Sendable (RequestContext) async throws -> HTTPResponse

    /// A query parameter.
    public struct Query: Sendable {
        /// Its name.
        public let name: String
        /// What it must look like; integers are given as decimal digits.
        public let schema: Schema

        /// A query parameter; all are optional.
        public init(_ name: String, _ schema: Schema) {
            self.name = name
            self.schema = schema
        }
    }

    /// What a status means and looks like.
    public struct Answer: Sendable {
        /// The status.
        public let status: Int
        /// What it means, in a sentence.
        public let meaning: String
        /// The body's schema; nil when it is not JSON or empty.
        public let schema: Schema?
        /// The body's media type.
        public let mediaType: String

        /// An answer.
        public init(_ status: Int, _ meaning: String, _ schema: Schema? = nil, mediaType: String = "application/json") {
            self.status = status
            self.meaning = meaning
            self.schema = schema
            self.mediaType = mediaType
        }
    }

    /// The method.
    public let method: String
    /// The path with `{names}`, without a trailing slash.
    public let path: String
    /// What it does, in a line.
    public let summary: String
    /// The group it is listed in.
    public let tag: String
    /// Who may call it.
    public let access: Access
    /// What the names in its path look like where that is not any text; for the document, as the handler refuses others.
    public let names: [String: Schema]
    /// The query parameters it knows; others are refused.
    public let queries: [Query]
    /// The JSON body it takes; nil when it takes none, or raw bytes.
    public let body: Schema?
    /// The most that its body may have, in bytes.
    public let bodyBytesMax: Int
    /// Whether the handler gets the body's bytes as they came, as a webhook's must be.
    public let takesRawBody: Bool
    /// The most that the body of a request may have that asks for none.
    public static let emptyBodyBytesMax = 16
    /// What a repeated POST does.
    public let repeats: Repeats
    /// What it answers when all is well, and problems of its own.
    public let answers: [Answer]
    /// Whether the OpenAPI document lists it; pages are not listed.
    public let listed: Bool
    /// How a page for people proves who asks; nil for the API, which takes a bearer token and nothing else.
    public let door: (any PageDoor)?
    /// What its requests cost, and whose share they are taken from.
    public let rateClass: RateClass
    /// Whether its answers may be compressed. Those of a route with a door may not, unless it says so: a page that a cookie
    /// opens holds the proof of its forms beside words of the address, and the length of what both are pressed into tells of
    /// the proof (BREACH). Nor those of anything but a GET: log-ins and payments hand out secrets.
    public let mayCompress: Bool
    /// Whether its answer is always the same.
    public let isFixed: Bool
    /// What runs.
    public let handler: Handler

    /// A route. A POST repeats by stored answer unless it says otherwise.
    public init(
        _ method: String, _ path: String, _ summary: String, tag: String, access: Access,
        names: [String: Schema] = [:], queries: [Query] = [], body: Schema? = nil, bodyBytesMax: Int? = nil,
        repeats: Repeats? = nil, answers: [Answer],
        listed: Bool = true, door: (any PageDoor)? = nil, rateClass: RateClass? = nil, mayCompress: Bool? = nil,
        isFixed: Bool = false, handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.tag = tag
        self.access = access
        self.names = names
        self.queries = queries
        self.body = body
        takesRawBody = body == nil && bodyBytesMax != nil
        // Many clients send `{}` where nothing is asked for; that much is read and let pass.
        self.bodyBytesMax = bodyBytesMax ?? (body != nil ? 64 << 10 : method == "GET" ? 0 : Self.emptyBodyBytesMax)
        self.repeats = repeats ?? (method == "POST" ? .storedAnswer : .harmless)
        self.answers = answers
        self.listed = listed
        self.door = door
        self.rateClass = rateClass ?? RateClass(method: method, access: access, listed: listed)
        self.mayCompress = method == "GET" && (mayCompress ?? (door == nil))
        self.isFixed = isFixed
        self.handler = handler
    }
}

/// Stands around handlers: sees the request before, and the answer after.
public protocol Middleware: Sendable {
    /// Answers by calling `next`, or without it.
    func respond(to context: RequestContext, next: Route.Handler) async throws -> HTTPResponse
}
