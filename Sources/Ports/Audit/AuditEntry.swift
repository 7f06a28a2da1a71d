public import JSON
public import Kernel

/// Who did what is recorded.
public struct AuditActor: Sendable, Hashable {
    /// What kind of actor it is; the words are those of the column `actor_kind`.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Somebody logged in.
        case user
        /// Somebody at the machine's command line, who is not known by name.
        case cli
        /// The program itself: a job, an event of Stripe's.
        case system
    }

    /// What kind of actor it is.
    public let kind: Kind
    /// The user's id; nil unless the kind is `user`.
    public let userID: String?

    private init(kind: Kind, userID: String?) {
        self.kind = kind
        self.userID = userID
    }

    /// Somebody logged in, by the id that their `Principal` carries.
    public static func user(_ id: String) -> AuditActor { AuditActor(kind: .user, userID: id) }
    /// Somebody at the command line.
    public static let cli = AuditActor(kind: .cli, userID: nil)
    /// The program itself.
    public static let system = AuditActor(kind: .system, userID: nil)

    /// The actor of a row; nil when the row's kind is unknown or does not fit its user.
    init?(kind: String, userID: String?) {
        guard let kind = Kind(rawValue: kind), (kind == .user) == (userID != nil) else { return nil }
        self.init(kind: kind, userID: userID)
    }
}

/// Something that was changed, and by whom. Entries are appended and never edited or deleted (law 10).
public struct AuditEntry: Sendable, Equatable {
    /// The entry's id; rises with time.
    public let id: ID<AuditEntry>
    /// When it was recorded.
    public let at: Timestamp
    /// Who did it.
    public let actor: AuditActor
    /// What was done: a stable word with its feature, `user.role_changed`.
    public let action: String
    /// What kind of thing was changed: `user`, `order`.
    public let subjectKind: String
    /// Which thing was changed.
    public let subjectID: String
    /// What it was before, as far as it changed; nil when it was not there.
    public let before: JSONValue?
    /// What it is since; nil when it is no longer there.
    public let after: JSONValue?
}

/// What the trail refuses to record.
public enum AuditError: Error, Equatable {
    /// The JSON of `before` or `after` is larger than an entry may hold.
    case tooLarge(bytesMax: Int)
}
