public import Identity
public import Kernel

/// Somebody with an account. What is personal about them shows in no log or dump (law 13).
public struct User: Sendable, Equatable {
    /// The id that everything else refers to.
    public let id: ID<User>
    /// The address as they wrote it: where mail goes.
    public let email: Redacted<String>
    /// What to call them, if they said.
    public let name: Redacted<String>?
    /// What they may do.
    public let role: Role
    /// When the account was made.
    public let createdAt: Timestamp
    /// Since when they may not log in; nil while they may.
    public let disabledAt: Timestamp?

    /// Whether they may log in.
    public var isEnabled: Bool { disabledAt == nil }

    /// What the trail calls them by.
    static let auditKind = "user"
}
