internal import ChildProcess
internal import Database
public import HTTP
public import Kernel

/// The drill of many nodes: three that serve and two that work behind nginx, on PostgreSQL with a replica behind pgbouncer;
/// under load nodes are killed and added, the database is restarted, and its primary killed and its replica promoted.
public struct NodesRound: Sendable {
    /// What became of it.
    public struct Outcome: Sendable {
        /// What clients saw, phase by phase.
        public var phases: [PhaseRow]
        /// What the books broke, processes that ended by themselves, and answers that must not be.
        public var violations: [Violation]
        /// The stories of the orders concerned.
        public var stories: [String]
        /// What clients did: `orders`, `paid`, ….
        public var counts: [(name: String, count: Int)]
    }

    private let cluster: Cluster
    private let site: Site
    private let watch: Watch
    private let random: any RandomSource
    private let seed: UInt64
    private let phaseLength: Duration

    /// A round at a site. `script` is the path of `scripts/cluster`; each phase lasts about `phaseLength`.
    public init(
        at site: Site, script: String, seed: UInt64, phaseLength: Duration, via transport: any HTTPTransport,
        random: any RandomSource
    ) {
        cluster = Cluster(script: script, site: site)
        self.site = site
        self.seed = seed
        self.phaseLength = phaseLength
        self.random = random
        watch = Watch(transport, clock: site.clock)
    }

    /// How long the primary is dead before its replica is promoted: an operator, or what acts for one, needs a while.
    private static let outage = Duration.seconds(4)

    /// Holds it. Everything that was started is ended, whatever happens; files stay. Throws ``DrillFailure``.
    public func run() async throws -> Outcome {
        do {
            let outcome = try await onCluster()
            try await cluster.run("stop")
            return outcome
        } catch {
            try await cluster.run("stop")
            throw error
        }
    }

    private func onCluster() async throws -> Outcome {
        let database = DrillDatabase.given(try await cluster.start())
        var site = site
        site.environment["DATABASE_LISTEN_URL"] = try await cluster.listenURL()
        var plan = KillRound.Plan(database: .postgresql, kills: 0, seed: seed)
        (plan.serves, plan.works, plan.orderBuyers, plan.devices) = (3, 2, 6, 4)
        var ground = try await Ground(plan, database: database, at: site, via: watch, random: random) { ports in
            try await cluster.nginx(ports)
        }
        if let front = ground.front { watch.look(at: front) }
        do {
            var outcome = try await hold(plan, &ground)
            ground.abandon()
            outcome.violations += answersThatMustNotBe
            return outcome
        } catch {
            ground.abandon()
            throw error
        }
    }

    private func hold(_ plan: KillRound.Plan, _ ground: inout Ground) async throws -> Outcome {
        for node in ground.nodes { try await start(node) }
        var nodes = ground.nodes
        let people = ground.people(plan)
        try await withThrowingTaskGroup(of: Void.self) { group in
            watch.begin("warm-up")
            for person in people { group.addTask { try await person() } }
            try await pass()
            try await storm(&nodes, on: ground)
            watch.begin("calm: all nodes restarted")
            await ground.stripe.calmDown()
            try await restart(nodes)
            ground.stage.calmDown(patience: KillRound.calmPatience)
            try await group.waitForAll()
        }
        ground.nodes = nodes
        let unsettled = try await ground.settle(secondsAhead: KillRound.calmAheadSeconds)
        let nobody = Killer(of: [], on: .postgresql, dice: Dice(seed, of: "kills"))
        let books = try await ground.outcome(nobody, unsettled: unsettled)
        return Outcome(
            phases: watch.phases, violations: books.violations, stories: books.stories, counts: books.counts)
    }

    /// Everything that may happen to nodes and database, one after the other.
    private func storm(_ nodes: inout [Node], on ground: Ground) async throws {
        watch.begin("a serving node killed")
        try await kill(&nodes, "serve1")
        try await pass()

        watch.begin("another node added")
        guard let port = LoopbackPort.free(random: random) else { throw DrillFailure("no port is free") }
        let added = Node("serve4", .serve(port: port), on: ground.site)
        try await start(added)
        nodes.append(added)
        _ = try await cluster.nginx(nodes.compactMap(\.port))
        try await pass()

        watch.begin("a working node killed")
        try await kill(&nodes, "work1")
        try await pass()

        for mode in ["fast", "immediate"] {
            watch.begin("PostgreSQL restarted (\(mode))")
            try await cluster.run("restart-primary", [mode])
            try await pass()
        }

        watch.begin("primary killed")
        try await cluster.run("kill-primary")
        try await site.clock.sleep(for: Self.outage)
        watch.begin("replica promoted")
        try await cluster.run("promote")
        try await pass()

        watch.begin("a new replica")
        try await cluster.run("add-replica")
        try await pass()

        watch.begin("notifications lost")
        try await loseNotifications(for: phaseLength, on: ground.database)
    }

    private func pass() async throws { try await site.clock.sleep(for: phaseLength) }

    private func start(_ node: Node, secondsAhead: Int64 = 0) async throws {
        guard try await node.start(secondsAhead: secondsAhead) else {
            throw DrillFailure("\(node.name) does not start: \(node.log)")
        }
    }

    private func kill(_ nodes: inout [Node], _ name: String) async throws {
        guard let index = nodes.firstIndex(where: { $0.name == name }) else { throw DrillFailure("no \(name)") }
        let node = nodes.remove(at: index)
        guard try await node.kill(after: .zero) == .killed else {
            throw DrillFailure("\(name) ended by itself: \(node.log)")
        }
    }

    /// Node after node is asked to end and started again, with the clock at which leases and the sweep are due.
    private func restart(_ nodes: [Node]) async throws {
        for node in nodes {
            guard try await node.stop() == 0 else { throw DrillFailure("\(node.name) does not end well: \(node.log)") }
        }
        for node in nodes { try await start(node, secondsAhead: KillRound.calmAheadSeconds) }
    }

    /// Cuts whoever listens, again and again: only looking finds jobs then.
    private func loseNotifications(for time: Duration, on database: DrillDatabase) async throws {
        let knife = try database.open(clock: site.clock)
        let end = site.clock.now().adding(time)
        do {
            while site.clock.now() < end {
                _ = try await knife.read { tx in
                    try tx.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
                }
                try await site.clock.sleep(for: .milliseconds(50))
            }
            await knife.close()
        } catch {
            await knife.close()
            throw error
        }
    }

    /// An outage is never a fault of ours, and clients are always told when to come again.
    private var answersThatMustNotBe: [Violation] {
        watch.phases.flatMap { phase in
            phase.others.filter { $0.key.hasPrefix("500") || $0.key.hasPrefix("503") }.map {
                Violation(
                    rule: "while something is away the answer is a 503 with a code and Retry-After",
                    what: "\(phase.name): \($0.value) × \($0.key)")
            }
        }
    }
}

extension Node {
    /// Where it listens; nil for one that does not.
    var port: UInt16? { if case .serve(let port) = role { port } else { nil } }
}
