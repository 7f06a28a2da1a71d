internal import Database
internal import HTTP
internal import Kernel
internal import Mail
internal import StripeSandbox
private import Synchronization

/// The clock of one life.
struct NodeClock: WallClock {
    let clock: SimulatedClock
    let life: Life

    func now() -> Timestamp { clock.now() }

    func sleep(for duration: Duration) async throws {
        guard life.isAlive else { throw CancellationError() }
        try await clock.sleep(for: duration)
        guard life.isAlive else { throw CancellationError() }
    }
}

/// A commit that does not come about.
private struct Undone: Error {}

/// The database as one life reaches it: it crashes before and after commits, and goes away.
struct NodeDatabase: Database {
    let inner: any Database
    let life: Life
    let node: Node
    let board: FaultBoard
    let outage: Outage
    let chance: Chance

    var dialect: SQLDialect { inner.dialect }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await enter()
        if let fault = board.pass(.commit) {
            if fault == .statementFailed { return try await failing(body) }
            throw try await strike(fault, body)
        }
        let result = try await inner.write(body)
        await Task.yield()
        guard life.isAlive else { throw DatabaseError.closed }
        return result
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await enter()
        return try await inner.read(body)
    }

    func wait(forNotification channel: String, timeout: Duration) async throws {
        guard life.isAlive else { throw DatabaseError.closed }
        try await inner.wait(forNotification: channel, timeout: timeout)
    }

    func close() async {}

    private func enter() async throws {
        await Task.yield()
        guard life.isAlive else { throw DatabaseError.closed }
        if outage.isNow { throw DatabaseError.unavailable(reason: "away") }
    }

    /// What the application is told of a commit that something befalls. A transaction that fails by itself is none, and
    /// throws what it threw.
    private func strike<Result: Sendable>(
        _ fault: Fault, _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> DatabaseError {
        switch fault {
        case .databaseAway: break
        case .crashAfterCommit, .commitUnknownDone: _ = try await inner.write(body)
        default: try await undone(body)
        }
        board.struck(fault)
        switch fault {
        case .crashBeforeCommit, .crashAfterCommit:
            node.crash(life)
            return .closed
        case .commitRefused: return .conflict
        case .commitUnknownDone, .commitUnknownUndone: return .commitUnknown
        case .diskFull: return .diskFull
        default:
            outage.begin()
            return .unavailable(reason: "away")
        }
    }

    /// One statement fails, once; what the application makes of it is its business.
    private func failing<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        let (passed, turn, activity) = (Numbers(), chance.int(1...12), Activity.current)
        return try await RewritingDatabase(inner: inner) { text in
            guard !RewritingDatabase.isOfSavepoints(text), passed.next() == turn else { return .kept }
            board.struck(.statementFailed, activity)
            return .failed(.statement(code: "XX000", message: "simulated"))
        }.write(body)
    }

    private func undone<Result: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Result) async throws {
        do {
            try await inner.write { tx in
                _ = try body(tx)
                throw Undone()
            }
        } catch is Undone {
            return
        }
    }
}

/// A time for which something is away.
final class Outage: Sendable {
    private let until = Mutex<Timestamp?>(nil)
    private let clock: SimulatedClock
    private let chance: Chance

    init(clock: SimulatedClock, chance: Chance) {
        self.clock = clock
        self.chance = chance
    }

    func begin() {
        let end = clock.now().adding(.milliseconds(chance.number(in: 100...20_000)))
        until.withLock { $0 = end }
    }

    func end() { until.withLock { $0 = nil } }

    var isNow: Bool { until.withLock { end in end.map { clock.now() < $0 } ?? false } }
}

/// Mail as one life sends it.
struct NodeMailer: Mailer {
    let mailbox: SimulatedMailbox
    let life: Life
    let node: Node
    let board: FaultBoard

    func send(_ mail: Mail) async throws {
        guard life.isAlive else { throw CancellationError() }
        switch board.pass(.mail) {
        case .crashBeforeMail:
            node.crash(life)
            throw CancellationError()
        case .crashAfterMail:
            mailbox.take(mail)
            node.crash(life)
            throw CancellationError()
        case .mailNotSent: throw MailerError.unavailable(reason: "away")
        case .mailAnswerLost:
            mailbox.take(mail)
            throw MailerError.unavailable(reason: "no answer")
        default: mailbox.take(mail)
        }
    }
}

/// Where mails end: how often each came, by its key.
final class SimulatedMailbox: Sendable {
    private let kept = Mutex<[String: (count: Int, text: String)]>([:])

    /// By de-duplication key: how often it came, and whether it was the same each time.
    var mails: [String: (count: Int, text: String)] { kept.withLock { $0 } }

    func take(_ mail: Mail) {
        kept.withLock { kept in
            let before = kept[mail.dedupeKey]
            let text = mail.subject + "\n" + mail.text
            let isSame = before == nil || before?.text == text
            kept[mail.dedupeKey] = ((before?.count ?? 0) + 1, isSame ? text : "(another text under the same key)")
        }
    }
}
