/// What kind of work a request makes, by which its sender's share is counted. A route has one; it is derived from what the
/// route is, unless the route says otherwise.
public enum RateClass: String, Sendable, Hashable, CaseIterable {
    /// Not counted: whether the process lives. A balancer that is refused here would take a good node out.
    case free
    /// Reads of the API.
    case read
    /// Writes of the API, and forms of pages.
    case write
    /// Opens or confirms a payment: rows, and calls to Stripe.
    case payment
    /// Begins a purchase without being anybody: each makes an order, and a page at Stripe.
    case checkout
    /// A password is hashed for it.
    case login
    /// A page for people.
    case page
    /// Proves itself by a signature. Only those whose proof fails are counted, and the others are never refused.
    case webhook

    /// What a route is when it does not say.
    init(method: String, access: Access, listed: Bool) {
        switch (access, method) {
        case (.signature, _): self = .webhook
        case (_, "GET"), (_, "HEAD"): self = listed ? .read : .page
        default: self = .write
        }
    }
}

extension Problem {
    /// 429: the sender has used up its share; after so many seconds, at least 1, there is some again.
    public static func rateLimited(retryAfterSeconds: Int64) -> Problem {
        Problem(
            status: 429, code: "rate_limited",
            detail: "Too many requests in a short time; nothing was done. Wait a little.",
            headers: ["Retry-After": String(max(1, retryAfterSeconds))])
    }
}
