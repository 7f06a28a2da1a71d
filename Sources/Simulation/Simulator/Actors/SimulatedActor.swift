public import KessaiApp

/// One thing that somebody does.
public struct Step: Sendable, Equatable {
    /// What: a word of the actor's own.
    public let name: String
    /// Which, how many: what the word makes of it.
    public let argument: Int
    /// How long the actor waits before it.
    public let pauseMs: Int64

    /// A step.
    public init(_ name: String, _ argument: Int = 0, pauseMs: Int64) {
        self.name = name
        self.argument = argument
        self.pauseMs = pauseMs
    }
}

/// A place where a crash waits.
public struct Aim: Sendable, Equatable {
    /// At what.
    public let point: Point
    /// During what: `event charge.pending`.
    public let activity: String
    /// What must go wrong before, so that it comes about; nil is nothing.
    public let cause: PlannedFault?

    private init(_ point: Point, _ activity: String, _ cause: PlannedFault?) {
        (self.point, self.activity, self.cause) = (point, activity, cause)
    }

    /// A commit in an activity.
    public static func commit(_ activity: String, after cause: PlannedFault? = nil) -> Aim {
        Aim(.commit, activity, cause)
    }
    /// A call to Stripe in an activity.
    public static func call(_ activity: String, after cause: PlannedFault? = nil) -> Aim {
        Aim(.call, activity, cause)
    }
}

/// Somebody who acts in histories: a buyer, an operator, a device, a thief. Features add theirs.
public protocol SimulatedActor: Sendable {
    /// Who, in histories: `buyer`.
    static var kind: String { get }
    /// The words of its steps with how likely each is, from 1.
    static var words: [(name: String, weight: Int)] { get }
    /// How many steps it takes: bounds of a draw.
    static var stepCount: ClosedRange<Int> { get }
    /// What it does first, whatever else it does.
    static var opening: [String] { get }
    /// What it does before that where its feature's ``SimulatedFeature/variation`` holds.
    static var variedOpening: [String] { get }
    /// What it does at the end, in half of the histories, when time has passed after all that others did.
    static var closing: [String] { get }
    /// What a word leads to and little else does, such as an event of its own: where a script has the word, a crash waits
    /// there. A long run in which the application never crashed at one of these has a gap.
    static var aims: [String: [Aim]] { get }
    /// The attacks that it tries, by the kinds that ``Memory`` counts: a long run in which one was never refused has a gap.
    static var attacks: [String] { get }

    /// The `number`-th of its kind in a world.
    init(_ number: Int, in world: SimulatedWorld)
    /// Does one thing, whatever comes of it.
    func perform(_ step: Step) async
}

extension SimulatedActor {
    /// Nothing in particular.
    public static var opening: [String] { [] }
    /// Nothing.
    public static var variedOpening: [String] { [] }
    /// Nothing.
    public static var closing: [String] { [] }
    /// Nothing that is rare.
    public static var aims: [String: [Aim]] { [:] }
    /// None.
    public static var attacks: [String] { [] }
}

/// What a feature brings into histories: its people, its books, its settings and goods. A feature joins by a file that
/// conforms to this and a line in ``SimulatedFeatures``.
public protocol SimulatedFeature: Sendable {
    /// Its name, in counts: `passes`.
    static var name: String { get }
    /// Who acts, with how many of them at most.
    static var actors: [(type: any SimulatedActor.Type, countMax: Int)] { get }
    /// What must be so when the world is calm, beside the `BookRule`s, which are checked in any case; nothing unless told.
    static var invariants: [any Invariant] { get }
    /// What is done on its behalf, by the points that it passes: `commit` in `POST /api/orders`. Misfortunes wait there,
    /// and a long run in which the application never crashed at one of them has a gap.
    static var places: [Point: [String]] { get }
    /// Its settings.
    static var environment: [String: String] { get }
    /// Other settings, which hold in one of six histories that it is in; none unless told.
    static var variation: [String: String] { get }
    /// Puts people and goods where every history begins.
    static func prepare(_ app: KessaiApp) async throws
}

extension SimulatedFeature {
    /// Nothing beside the rules that are checked in any case.
    public static var invariants: [any Invariant] { [] }
    /// None.
    public static var variation: [String: String] { [:] }
}

/// The features that take part.
public enum SimulatedFeatures {
    /// All of them; the first has the weather.
    public static let all: [any SimulatedFeature.Type] = [
        WorldFeature.self, OrdersFeature.self, PassesSimulation.self,
    ]

    /// Where misfortunes wait, for all of them: the places that they name, and what their people's words lead to.
    public static var places: [Point: [String]] {
        all.reduce(into: [:]) { places, feature in
            places.merge(feature.places) { $0 + $1 }
            for aim in feature.actors.flatMap({ $0.type.aims.values.joined() }) {
                places[aim.point, default: []].append(aim.activity)
            }
        }
    }

    /// The attacks of all of them.
    public static var attacks: [String] {
        Set(all.flatMap { $0.actors.flatMap { $0.type.attacks } }).sorted()
    }
}
