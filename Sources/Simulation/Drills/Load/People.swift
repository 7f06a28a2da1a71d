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

    func logIn(_ email: String) async throws -> String? {
        try await server.ask("POST", "/api/auth/login", ["email": .string(email), "password": .string(Self.password)])?
            .json["access_token"]?.string
    }
}
