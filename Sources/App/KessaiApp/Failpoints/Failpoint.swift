/// A place where a process ends itself, for drills that prove what a crash leaves behind (docs/drills.md).
///
/// Written as `POINT[:ACTIVITY][=N]`: `commit.after`, `mail.before=2`, `commit.after:POST /api/orders=3`.
public struct Failpoint: Sendable, Equatable, CustomStringConvertible {
    /// What is passed. The simulator's crash points have the same words the other way round (`crash_before_commit`).
    public enum Point: String, Sendable, CaseIterable {
        /// At the end of a writing transaction's closure: the transaction is open.
        case commitBefore = "commit.before"
        /// After the driver said that the transaction is durable, before its caller knows.
        case commitAfter = "commit.after"
        /// Before a vendor is called.
        case callBefore = "call.before"
        /// After a vendor answered, or the call failed, before its caller knows.
        case callAfter = "call.after"
        /// Before a mail is handed over.
        case mailBefore = "mail.before"
        /// After a mail was handed over, before its caller knows.
        case mailAfter = "mail.after"
        /// When a request's answer is ready, before any of it is sent.
        case answerBefore = "answer.before"
    }

    /// What is passed.
    public let point: Point
    /// Only while this is done; nil is anything. A request is `POST /api/orders/{id}/cancel`, a job `job:payments.sweep`,
    /// what a process does by itself `process`; a call is the vendor's `POST /v1/payment_intents/{id}/cancel`.
    public let activity: String?
    /// Which passing ends the process: 1 to ``turnMax``.
    public let turn: Int

    /// The latest passing that can be named.
    public static let turnMax = 1_000_000
    /// The most failpoints of one process.
    public static let countMax = 100

    /// A failpoint of these parts.
    public init(_ point: Point, activity: String? = nil, turn: Int = 1) {
        self.point = point
        self.activity = activity
        self.turn = turn
    }

    /// As it is written.
    public var description: String {
        point.rawValue + (activity.map { ":\($0)" } ?? "") + (turn == 1 ? "" : "=\(turn)")
    }
}
