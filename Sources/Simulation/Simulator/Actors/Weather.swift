public import KessaiApp
internal import StripeSandbox

/// What no feature brings: the weather, and the books that all share.
public enum WorldFeature: SimulatedFeature {
    /// `world`.
    public static let name = "world"
    /// One weather.
    public static let actors: [(type: any SimulatedActor.Type, countMax: Int)] = [(Weather.self, 1)]
    /// All that our rows must be by themselves, those of features too; and the inbox and the outbox.
    public static let invariants: [any Invariant] = Invariants.ofRows + Invariants.ofEverything
    /// What is done for all.
    public static let places: [Point: [String]] = [
        .commit: [
            "process", "job:payments.sweep", "job:payments.reconcile", "job:payments.read_refunds",
            "job:payments.apply_event", "job:outbox.deliver", "event payment_intent.succeeded",
        ],
        .call: ["job:payments.sweep", "job:payments.reconcile", "job:payments.read_refunds"],
        .mail: ["job:outbox.deliver"],
        .delivery: ["event payment_intent.succeeded"],
    ]
    /// No settings.
    public static let environment: [String: String] = [:]
    /// Nothing to prepare.
    public static func prepare(_ app: KessaiApp) async throws {}
}

/// What befalls everybody: crashes out of the blue, hours that pass, events that Stripe keeps to itself.
struct Weather: SimulatedActor {
    static let kind = "weather"
    static let words: [(name: String, weight: Int)] = [
        ("crash", 2), ("leap_minutes", 2), ("leap_hour", 1), ("leap_day", 1), ("hold_events", 1), ("lose_events", 2),
        ("repeat_events", 1), ("reorder_events", 2), ("delay_events", 1), ("release_events", 1), ("database_away", 1),
        ("stripe_away", 1),
    ]
    static let stepCount = 0...5
    private let world: SimulatedWorld

    init(_ number: Int, in world: SimulatedWorld) { self.world = world }

    /// What it counts: what it did, which may be nothing.
    static let names = words.map(\.name) + ["older_events", "other_settings"]

    func perform(_ step: Step) async {
        let sandbox = world.sandbox
        switch step.name {
        case "crash":
            guard world.node.running != nil else { return }
            world.node.crash()
        case "leap_minutes": world.clock.leap(.seconds(60 * (1 + step.argument * 7)))
        case "leap_hour": world.clock.leap(.seconds(3_700))
        // Stripe forgets idempotency keys after a day.
        case "leap_day": world.clock.leap(.seconds(25 * 3600))
        case "hold_events": sandbox.add(.init(.holdEvents, times: 1 + step.argument))
        // Without reconciliation nobody would ever learn of them.
        case "lose_events" where !world.eventList.isReadable:
            sandbox.add(.init(.reorderEvents, times: 1 + step.argument))
            return world.board.count("reorder_events")
        case "lose_events": sandbox.add(.init(.loseEvents, times: 1 + step.argument))
        case "repeat_events": sandbox.add(.init(.repeatEvents, times: 1 + step.argument))
        case "reorder_events": sandbox.add(.init(.reorderEvents, times: 2 + step.argument))
        case "delay_events": sandbox.add(.init(.delayEvents, times: 1 + step.argument, delay: .seconds(90)))
        case "release_events": guard sandbox.releaseEvents() > 0 else { return }
        case "database_away": world.outage.begin()
        default: sandbox.add(.init(.outage, times: 3 + step.argument, refusesConnection: step.argument % 2 == 0))
        }
        world.board.count(step.name)
    }
}
