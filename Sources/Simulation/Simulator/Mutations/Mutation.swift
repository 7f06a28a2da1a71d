public import Database
public import HTTP

/// A bug that is planted from outside: around a port, on the wire, or in the schema. The product's code stays as it is.
public struct Mutation: Sendable {
    /// Its name: `fresh_key_on_retry`.
    public let name: String
    /// What is wrong.
    public let summary: String
    /// Changes a statement of the schema.
    public var changeSchema: (@Sendable (String) -> String)?
    /// Stands between the application and its database.
    public var wrapDatabase: (@Sendable (any Database) -> any Database)?
    /// Stands between the application and Stripe.
    public var wrapTransport: (@Sendable (any HTTPTransport) -> any HTTPTransport)?
    /// Changes a request before the application sees it.
    public var changeRequest: (@Sendable (HTTPRequest, SimulatedWorld) async -> HTTPRequest)?
    /// Changes an answer before the caller sees it.
    public var changeResponse: (@Sendable (HTTPRequest, HTTPResponse) -> HTTPResponse)?

    init(_ name: String, _ summary: String) {
        self.name = name
        self.summary = summary
    }

    func with(_ change: (inout Mutation) -> Void) -> Mutation {
        var copy = self
        change(&copy)
        return copy
    }
}
