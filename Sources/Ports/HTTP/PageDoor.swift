/// How pages for people stand beside the API: where their token is, who may send their forms, and what a refusal looks
/// like. A route that has a door declares its access like every other; a route without one never looks at a cookie.
public protocol PageDoor: Sendable {
    /// The token of the page's session; nil when there is none, or when it is not clear which.
    func token(of request: HTTPRequest) -> String?

    /// Throws for a form that another site may have sent in the user's name. Called once it is known who asks.
    func requireOwnForm(_ request: HTTPRequest) throws(Problem)

    /// A refusal as a page: a way to the log-in for who is not logged in, a sentence for everything else.
    func page(of problem: Problem, for request: HTTPRequest) -> HTTPResponse
}
