public import Database
public import JSON
public import Kernel

/// Records who changed what, in the transaction that changes it: what is not recorded did not happen.
///
/// `before` and `after` hold the fields that changed. Never put a secret, a password, a token or an address of a person
/// into them: entries are not deleted.
public struct AuditTrail: Sendable {
    /// The most that `before` or `after` may have as JSON.
    public static let jsonBytesMax = 16 << 10
    /// The most entries that one call lists.
    public static let pageEntriesMax = 200

    private let clock: any WallClock
    private let ids: IDGenerator

    /// A trail that dates its entries by this clock.
    public init(clock: any WallClock, ids: IDGenerator) {
        self.clock = clock
        self.ids = ids
    }

    /// Appends an entry. A repeat of the transaction's closure leaves one entry, as its first run is rolled back.
    ///
    /// Throws `AuditError.tooLarge`, and `DatabaseError`.
    @discardableResult
    public func record(
        actor: AuditActor, action: String, subjectKind: String, subjectID: String, before: JSONValue? = nil,
        after: JSONValue? = nil, in tx: Transaction
    ) throws -> ID<AuditEntry> {
        let id = ids.next(AuditEntry.self)
        try tx.send(
            """
            INSERT INTO audit_entries
                (id, at_ms, actor_user_id, actor_kind, action, subject_kind, subject_id, before_json, after_json)
            VALUES (\(id), \(clock.now()), \(actor.userID), \(actor.kind.rawValue), \(action), \(subjectKind),
                \(subjectID), \(try Self.text(before)), \(try Self.text(after)))
            """)
        return id
    }

    /// The entries about one thing, newest first: `count` of them, at most `pageEntriesMax`, older than the entry
    /// `before` where it is given. Throws `DatabaseError`.
    public func entries(
        subjectKind: String, subjectID: String, before: ID<AuditEntry>? = nil, count: Int = 50, in tx: Transaction
    ) throws -> [AuditEntry] {
        let upper = before?.rawValue ?? Self.afterEveryID
        return try tx.rows(
            """
            SELECT \(unsafe: Self.columns) FROM audit_entries
            WHERE subject_kind = \(subjectKind) AND subject_id = \(subjectID) AND id < \(upper)
            ORDER BY id DESC LIMIT \(Self.bounded(count))
            """
        ).map(Self.entry)
    }

    /// The entries about everything, newest first, in pages as above. Throws `DatabaseError`.
    public func entries(before: ID<AuditEntry>? = nil, count: Int = 50, in tx: Transaction) throws -> [AuditEntry] {
        let upper = before?.rawValue ?? Self.afterEveryID
        return try tx.rows(
            """
            SELECT \(unsafe: Self.columns) FROM audit_entries WHERE id < \(upper)
            ORDER BY id DESC LIMIT \(Self.bounded(count))
            """
        ).map(Self.entry)
    }

    private static let columns =
        "id, at_ms, actor_user_id, actor_kind, action, subject_kind, subject_id, before_json, after_json"

    /// Ids are UUIDs of version 7: they sort by time, and this sorts after all of them.
    private static let afterEveryID = "ffffffff-ffff-ffff-ffff-ffffffffffff"

    private static func bounded(_ count: Int) -> Int { min(max(count, 1), pageEntriesMax) }

    private static func text(_ value: JSONValue?) throws(AuditError) -> String? {
        guard let value else { return nil }
        let bytes = value.bytes()
        guard bytes.count <= jsonBytesMax else { throw .tooLarge(bytesMax: jsonBytesMax) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func entry(_ row: Row) throws -> AuditEntry {
        guard let actor = AuditActor(kind: try row.text("actor_kind"), userID: try row.textOrNil("actor_user_id"))
        else { throw DatabaseError.unexpectedColumn("actor_kind") }
        return AuditEntry(
            id: try row.id("id"), at: try row.time("at_ms"), actor: actor, action: try row.text("action"),
            subjectKind: try row.text("subject_kind"), subjectID: try row.text("subject_id"),
            before: try row.textOrNil("before_json").map { try JSONValue(parsing: $0) },
            after: try row.textOrNil("after_json").map { try JSONValue(parsing: $0) })
    }
}
