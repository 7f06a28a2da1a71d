internal import JSON
public import Kernel

/// What every person of a load has.
public struct Person: Sendable {
    /// Speaks with the servers.
    public let server: Client
    /// Speaks with Stripe, as a browser does.
    public let stripe: Client
    /// What it was told.
    public let memory: Memory
    /// How far the drill is.
    public let stage: Stage
    /// The drill's clock.
    public let clock: any WallClock
    /// Its chance.
    public let dice: Dice
    /// Its name, unlike anybody else's.
    public let name: String

    /// Somebody.
    public init(
        name: String, server: Client, stripe: Client, memory: Memory, stage: Stage, clock: any WallClock, dice: Dice
    ) {
        self.name = name
        self.server = server
        self.stripe = stripe
        self.memory = memory
        self.stage = stage
        self.clock = clock
        self.dice = dice
    }

    static let password = "a long enough password"

    /// A while of doing nothing.
    func pause(_ range: ClosedRange<Int64> = 5...120) async throws {
        try await clock.sleep(for: dice.milliseconds(range))
    }

    /// Some are impatient.
    func patience() -> Client.Patience { dice.falls(15) ? .tries(Int(dice.number(in: 1...4))) : .patient }

    /// The most that one person has under way.
    static let livesMax = 8

    /// Begins one life after the other while it storms. What waits, as a request whose process died waits for the lease of
    /// its key, holds up only itself: another is begun beside it.
    func live(_ life: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            var underWay = 0
            var isPausing = false
            while stage.isStorm {
                if underWay < Self.livesMax {
                    underWay += 1
                    group.addTask {
                        try await life()
                        try await pause()
                        return true
                    }
                }
                if !isPausing {
                    isPausing = true
                    group.addTask {
                        try await pause(400...900)
                        return false
                    }
                }
                if try await group.next() == true { underWay -= 1 } else { isPausing = false }
            }
            try await group.waitForAll()
        }
    }

    func logIn(_ email: String) async throws -> String? {
        try await server.ask("POST", "/api/auth/login", ["email": .string(email), "password": .string(Self.password)])?
            .json["access_token"]?.string
    }
}
