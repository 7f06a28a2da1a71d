/// A misfortune that the sandbox is asked to bring about.
public struct StripeSandboxFault: Sendable, Equatable {
    /// What goes wrong.
    public enum Kind: String, Sendable, CaseIterable {
        /// The request takes effect, and the connection breaks before the answer.
        case dropAnswer = "drop_answer"
        /// The connection breaks before anything happens; the client cannot tell it from `dropAnswer`.
        case dropBefore = "drop_before"
        /// The request takes effect, and the answer comes late; meanwhile its idempotency key is in use.
        case delay
        /// 429, nothing happens.
        case rateLimit = "rate_limit"
        /// 429, because another request holds the object; Stripe asks to try again.
        case lockTimeout = "lock_timeout"
        /// 409, because another request with this idempotency key is still being worked on; nothing happens.
        case keyInUse = "key_in_use"
        /// 404 for whatever the request is about, nothing happens; its idempotency key keeps the answer.
        case notFound = "not_found"
        /// 500 or another status of 424 and from 500 on, before or after the effect.
        case serverError = "server_error"
        /// Stripe is down: 503, or no connection.
        case outage
        /// Deliveries of events wait until they are released.
        case holdEvents = "hold_events"
        /// Deliveries of events are made twice.
        case repeatEvents = "repeat_events"
        /// Later events overtake earlier ones that are due at the same time.
        case reorderEvents = "reorder_events"
        /// Events are never delivered; they can be read.
        case loseEvents = "lose_events"
        /// Deliveries of events come late, by `delay`.
        case delayEvents = "delay_events"

        /// Whether it befalls events and not requests.
        public var isOfEvents: Bool {
            switch self {
            case .holdEvents, .repeatEvents, .reorderEvents, .loseEvents, .delayEvents: true
            case .dropAnswer, .dropBefore, .delay, .rateLimit, .lockTimeout, .keyInUse, .notFound, .serverError,
                .outage:
                false
            }
        }
    }

    /// What goes wrong.
    public var kind: Kind
    /// Only requests with this method.
    public var method: String?
    /// Only requests to this path, to paths that begin with it, or to paths of this template
    /// (`/v1/payment_intents/{intent}/confirm`).
    public var path: String?
    /// Only requests with this idempotency key.
    public var key: String?
    /// Only events of this type, or of these (`charge.*`).
    public var type: String?
    /// How many times; nil for until it is cleared.
    public var times: Int?
    /// How late, for the kinds that are late.
    public var delay: Duration?
    /// For `serverError`: the status, 424 or from 500 to 504.
    public var status: Int
    /// For `serverError`: whether the request takes effect first.
    public var hasEffect: Bool
    /// For `serverError`: whether the idempotency key keeps the 500. By default it does when there is an effect.
    public var isKept: Bool?
    /// For `outage`: whether there is no connection at all, instead of a 503.
    public var refusesConnection: Bool

    /// A misfortune, by default once and for every request or event.
    public init(
        _ kind: Kind, method: String? = nil, path: String? = nil, key: String? = nil, type: String? = nil,
        times: Int? = 1, delay: Duration? = nil, status: Int = 500, hasEffect: Bool = false, isKept: Bool? = nil,
        refusesConnection: Bool = false
    ) {
        self.kind = kind
        self.method = method
        self.path = path
        self.key = key
        self.type = type
        self.times = times
        self.delay = delay
        self.status = status
        self.hasEffect = hasEffect
        self.isKept = isKept
        self.refusesConnection = refusesConnection
    }
}
