internal import Database
internal import HTTP
internal import JSON
internal import Jobs
internal import Kernel
internal import KessaiApp
internal import SQLiteDriver
internal import StripeSandbox
private import Synchronization

/// The world of one history: the application and its crashes, Stripe, the network between everybody, and what people
/// remember.
public final class SimulatedWorld: Sendable {
    static let origin = "https://kessai.test"
    static let webhookSecret = Secret("whsec_simulated_0123456789")
    static let stripeKey = "sk_test_kessai"

    /// Time.
    public let clock: SimulatedClock
    /// What happened.
    public let trace: Trace
    /// What people remember, beside the books.
    public let memory = Memory()
    let chance: Chance
    let sandbox: StripeSandbox
    let stripe: SandboxTransport
    private let lent: SQLiteDatabase
    let board: FaultBoard
    let node: Node
    let outage: Outage
    let mailbox = SimulatedMailbox()
    let late = LateMessages()
    let eventList: EventList
    /// Whether Stripe sends events as an older version of its API had them.
    let hasOlderEvents: Bool
    /// Whether reconciliation ran all the while.
    let isReconciled: Bool
    /// Whether the application knows that it is alone on its database.
    private let isAlone: Bool
    /// Whether a feature's other settings hold.
    let isVaried: Bool
    let mutation: Mutation?
    /// When the history began.
    let beganAt: Timestamp
    private let calmSince = Mutex<Timestamp?>(nil)
    private let seed: UInt64
    private let environment: [String: String]

    init(plan: Plan, template: Template, mutation: Mutation?, keepsLines: Bool) throws {
        let clock = SimulatedClock(template.madeAt.adding(.seconds(60)))
        self.clock = clock
        beganAt = clock.now()
        self.mutation = mutation
        seed = plan.seed
        environment = template.environment.merging(plan.variation) { $1 }
        isVaried = !plan.variation.isEmpty
        trace = Trace(clock: clock, keepsLines: keepsLines)
        chance = Chance(plan.seed, of: "world")
        isReconciled = plan.isReconciled
        isAlone = plan.isAlone
        hasOlderEvents = plan.eventVersion != nil
        eventList = EventList(isReadable: plan.isReconciled)
        board = FaultBoard(plan.faults.map(\.planned), trace: trace)
        node = Node(clock: clock, trace: trace, chance: Chance(plan.seed, of: "node"))
        outage = Outage(clock: clock, chance: Chance(plan.seed, of: "outage"))
        lent = try template.copies.lend(clock: clock)
        var options = StripeSandboxOptions()
        options.webhook = .init(
            url: Self.origin + "/api/webhook/stripe/", secret: Self.webhookSecret, apiVersion: plan.eventVersion)
        // Nobody reads them.
        options.isPretty = false
        // A bank that decides at once makes events of one second that contradict each other.
        if plan.seed % 2 == 0 { options.disputeAfter = .zero }
        sandbox = StripeSandbox(
            clock: clock, random: Chance(plan.seed, of: "stripe"), log: .silent, options: options)
        if plan.eventVersion != nil { board.count("older_events") }
        if isVaried { board.count("other_settings") }
        stripe = SandboxTransport(hosts: [Settings.stripeOwnBase: sandbox], clock: clock)
    }

    /// What is durable.
    var database: any Database { lent }

    /// Gives the database back: nobody of this world does anything any more. Throws `DatabaseError`.
    func end(_ copies: SQLiteCopies) throws { try copies.takeBack(lent) }

    /// What went wrong, and where.
    var coverage: Coverage {
        var coverage = board.coverage
        coverage.attacks = memory.attacks
        return coverage
    }

    /// Whether things go wrong still.
    public var isNoisy: Bool { calmAt == nil }

    /// Since when nothing goes wrong any more.
    var calmAt: Timestamp? { calmSince.withLock { $0 } }

    /// Nothing goes wrong any more.
    func calm() {
        let now = clock.now()
        calmSince.withLock { $0 = now }
        board.calm()
        outage.end()
        sandbox.clearFaults()
        sandbox.releaseEvents()
        trace.tell("— the world is calm —")
    }

    /// Puts the application together for a life.
    func make(_ life: Life, _ number: Int) async throws -> KessaiApp {
        let node = node
        let (clock, trace) = (clock, trace)
        let log = Log(clock: clock, minimum: .info) { line in
            guard life.isAlive else { return }
            // Of what is told all the time the name is enough.
            trace.note(line.level >= .warning ? line.json : line.event)
            self.memory.logged(line)
        }
        let kept: any Database = NodeDatabase(
            inner: database, life: life, node: node, board: board, outage: outage, chance: chance)
        let line: any HTTPTransport = NodeTransport(
            inner: stripe, sandbox: sandbox, life: life, node: node, board: board, trace: trace, clock: clock,
            chance: chance, eventList: eventList, late: late)
        var reader = SettingsReader(file: .null, environment: environment)
        var parts = KessaiApp.Parts(
            settings: try reader.read().settings,
            database: mutation?.wrapDatabase?(kept) ?? kept,
            transport: mutation?.wrapTransport?(line) ?? line,
            mailer: NodeMailer(mailbox: mailbox, life: life, node: node, board: board),
            hasher: Template.hasher, clock: NodeClock(clock: clock, life: life),
            random: Chance(seed &+ UInt64(number), of: "app"), log: log, stripeRetriesMax: 1)
        parts.isAlone = isAlone
        parts.jobOptions.around = { kind, run in await Activity.$current.withValue("job:\(kind)") { await run() } }
        return try await KessaiApp.make(parts)
    }

    /// Waits.
    public func wait(_ duration: Duration) async {
        do { try await clock.sleep(for: duration) } catch {
            // Nobody cancels the people of a history.
        }
    }
}
