public import Database
public import HTTP
public import Kernel

/// One round of the drill of kills: a fresh database, a fresh sandbox, load, kills, calm, and the books.
public struct KillRound: Sendable {
    /// What a round is to be.
    public struct Plan: Sendable {
        /// On which engine.
        public var database: SQLDialect
        /// The server where a database is made; only for PostgreSQL.
        public var server: String?
        /// How many kills.
        public var kills: Int
        /// The seed of everything that the drill itself decides.
        public var seed: UInt64
        /// The processes and the people: one node on SQLite; two that serve and one that works on PostgreSQL.
        public var layout: Ground.Layout

        /// A plan with the engine's usual layout.
        public init(database: SQLDialect, server: String? = nil, kills: Int, seed: UInt64) {
            self.database = database
            self.server = server
            self.kills = kills
            self.seed = seed
            layout = Ground.Layout(seed: seed)
            if database == .postgresql { (layout.serves, layout.works) = (2, 1) }
        }
    }

    /// What became of it.
    public struct Outcome: Sendable {
        /// Where processes were killed.
        public var table: KillTable
        /// What the books broke, and processes that ended by themselves.
        public var violations: [Violation]
        /// The stories of the orders concerned.
        public var stories: [String]
        /// What clients did: `orders`, `paid`, ….
        public var counts: [(name: String, count: Int)]
        /// The folder with all logs.
        public var folder: String
    }

    /// How far a round is.
    public struct Progress: Sendable {
        /// What happens now: `storm`, `aftershock`, `calm`.
        public var season: String
        /// How many kills there were.
        public var kills: Int
    }

    let plan: Plan
    let site: Site
    let transport: any HTTPTransport
    let random: any RandomSource

    /// A round at a site. `transport` is the clients'; `random` names what must be new.
    public init(_ plan: Plan, at site: Site, via transport: any HTTPTransport, random: any RandomSource) {
        self.plan = plan
        self.site = site
        self.transport = transport
        self.random = random
    }

    /// The clock's leads once the storm is over: by each of them leases (60 s) and the sweep's patience (90 s) run out.
    static let aftershocksAheadSeconds: [Int64] = [100, 165]
    /// The clock's lead in the calm. Below 300, beyond which a signature is too old.
    static let calmAheadSeconds: Int64 = 230
    /// How long a client waits in the calm.
    static let calmPatience = Duration.seconds(60)

    /// Holds it. Everything that was started is ended, and the database dropped, whatever happens; files stay. `listen`
    /// hears how far it is, from any thread. Throws ``DrillFailure`` when it could not be held.
    public func run(_ listen: @escaping @Sendable (Progress) -> Void = { _ in }) async throws -> Outcome {
        let database =
            if plan.database == .postgresql {
                try await DrillDatabase.postgresql(server: plan.server ?? "", on: site, random: random)
            } else {
                DrillDatabase.sqlite(file: site.folder + "/kessai.db")
            }
        return try await ending(with: { [site] in try await database.drop(on: site) }) {
            let ground = try await Ground(plan.layout, database: database, at: site, via: transport, random: random)
            defer { ground.abandon() }
            return try await hold(on: ground, listen)
        }
    }

    private func hold(on ground: Ground, _ listen: @escaping @Sendable (Progress) -> Void) async throws -> Outcome {
        let killer = Killer(of: ground.nodes, on: plan.database, dice: Dice(plan.seed, of: "kills")) { season, kills in
            listen(Progress(season: season.rawValue, kills: kills))
        }
        listen(Progress(season: Killer.Season.storm.rawValue, kills: 0))
        let later = plan.kills / 8
        try await withThrowingTaskGroup(of: Void.self) { group in
            for person in ground.people() { group.addTask { try await person() } }
            try await killer.run(
                .storm, kills: plan.kills - later * Self.aftershocksAheadSeconds.count, secondsAhead: 0)
            for ahead in Self.aftershocksAheadSeconds {
                try await killer.run(.aftershock, kills: later, secondsAhead: ahead)
            }
            listen(Progress(season: "calm", kills: killer.table.total()))
            for node in ground.nodes {
                guard try await node.start(secondsAhead: Self.calmAheadSeconds) else {
                    throw DrillFailure("\(node.name) does not start in the calm: \(node.log)")
                }
            }
            try await ground.awaitEverything()
            await ground.stripe.calmDown()
            ground.stage.calmDown(patience: Self.calmPatience)
            try await group.waitForAll()
        }
        let unsettled = try await ground.settle(secondsAhead: Self.calmAheadSeconds)
        let reading = try await ground.close(
            faults: killer.faults + unsettled, secondsAhead: Self.calmAheadSeconds)
        var table = killer.table
        table.add(violations: reading.violations.count, on: plan.database)
        return Outcome(
            table: table, violations: reading.violations, stories: reading.stories, counts: reading.counts,
            folder: site.folder)
    }
}
