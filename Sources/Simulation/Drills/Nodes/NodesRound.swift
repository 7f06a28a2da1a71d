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

    /// How far a round is.
    public struct Progress: Sendable {
        /// The phase that begins.
        public var phase: String
        /// Which one it is, from 1.
        public var number: Int
        /// How many there are.
        public var count: Int

        /// What is done, 0 to 1.
        public var share: Double { Double(number - 1) / Double(count) }
    }

    /// How many phases a round has.
    static let phaseCount = 11

    /// A round at a site. `script` is the path of `scripts/cluster`; each phase lasts about `phaseLength`. `listen` hears when
    /// one begins.
    public init(
        at site: Site, script: String, seed: UInt64, phaseLength: Duration, via transport: any HTTPTransport,
        random: any RandomSource, listen: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        cluster = Cluster(script: script, site: site)
        self.site = site
        self.seed = seed
        self.phaseLength = phaseLength
        self.random = random
        watch = Watch(transport, clock: site.clock) { phase, number in
            listen(Progress(phase: phase, number: number, count: Self.phaseCount))
        }
    }

    static let restarted = "PostgreSQL restarted"
    static let primaryKilled = "primary killed"
    static let promoted = "replica promoted"
    /// Jobs are looked for once a second: in so long some are found, and where a slow machine has made none yet, it is waited
    /// for the first.
    private static let deafnessMin = Duration.seconds(3)
    private static let deafnessMax = Duration.seconds(45)

    /// How long the primary is dead before its replica is promoted: an operator, or what acts for one, needs a while.
    private static let outage = Duration.seconds(4)

    /// Holds it. Everything that was started is ended, whatever happens; files stay. Throws ``DrillFailure``.
    public func run() async throws -> Outcome {
        try await ending(with: { [cluster] in try await cluster.run("stop") }) { try await onCluster() }
    }

    private func onCluster() async throws -> Outcome {
        let cluster = cluster
        let database = DrillDatabase.given(try await cluster.start())
        var layout = Ground.Layout(seed: seed)
        (layout.serves, layout.works, layout.orderBuyers, layout.devices) = (3, 2, 4, 3)
        layout.settings = [
            "DATABASE_LISTEN_URL": try await cluster.listenURL(),
            // Only those that work do, so that to kill one of them takes something away.
            "JOBS_IN_SERVE": "false",
        ]
        layout.front = { [watch] nodes in
            let front = try await cluster.nginx(nodes)
            watch.look(at: front)
            return front
        }
        let ground = try await Ground(layout, database: database, at: site, via: watch, random: random)
        defer { ground.abandon() }
        return try await hold(on: ground)
    }

    private func hold(on ground: Ground) async throws -> Outcome {
        guard let port = LoopbackPort.free(random: random) else { throw DrillFailure("no port is free") }
        let added = Node("serve\(ground.nodes.count)", .serve(port: port), on: ground.site)
        // It ended long before, when all went well.
        defer { added.abandon() }
        for node in ground.nodes { try await start(node) }
        let deafness = try await withThrowingTaskGroup(of: Void.self) { group in
            watch.begin("warm-up")
            for person in ground.people() { group.addTask { try await person() } }
            try await pass()
            let deafness = try await storm(on: ground, added)
            watch.begin("calm: every node restarted")
            await ground.stripe.calmDown()
            try await restart(ground, without: added)
            ground.stage.calmDown(patience: KillRound.calmPatience)
            try await group.waitForAll()
            return deafness
        }
        watch.end()
        let unsettled = try await ground.settle(secondsAhead: KillRound.calmAheadSeconds)
        let reading = try await ground.close(faults: unsettled, secondsAhead: KillRound.calmAheadSeconds)
        let phases = watch.phases
        return Outcome(
            phases: phases,
            violations: reading.violations + Self.violations(phases) + deafness.violations, stories: reading.stories,
            counts: reading.counts + [("given up after a failure", watch.openTroubles)])
    }

    /// Everything that may happen to nodes and database, one after the other.
    private func storm(on ground: Ground, _ added: Node) async throws -> Deafness {
        let (server, worker) = (ground.nodes[0], ground.nodes[3])
        watch.begin("a serving node killed")
        try await kill(server)
        try await pass()

        watch.begin("another node added")
        try await start(added)
        _ = try await cluster.nginx((ground.nodes.dropFirst() + [added]).compactMap(\.url))
        try await pass()

        watch.begin("a working node killed")
        try await kill(worker)
        try await pass()

        for mode in ["fast", "immediate"] {
            watch.begin("\(Self.restarted) (\(mode))")
            try await cluster.run("restart-primary", [mode])
            try await pass()
        }

        watch.begin(Self.primaryKilled)
        try await cluster.run("kill-primary")
        try await site.clock.sleep(for: Self.outage)
        watch.begin(Self.promoted)
        try await cluster.run("promote")
        try await pass()

        watch.begin("a new replica")
        try await cluster.run("add-replica")
        try await pass()

        watch.begin("notifications lost")
        return try await loseNotifications(for: max(phaseLength, Self.deafnessMin), on: ground.database)
    }

    private func pass() async throws { try await site.clock.sleep(for: phaseLength) }

    private func start(_ node: Node, secondsAhead: Int64 = 0) async throws {
        guard try await node.start(secondsAhead: secondsAhead) else {
            throw DrillFailure("\(node.name) does not start: \(node.log)")
        }
    }

    private func kill(_ node: Node) async throws {
        guard try await node.kill(after: .zero) == .killed else {
            throw DrillFailure("\(node.name) ended by itself: \(node.log)")
        }
    }

    /// Ends every node as an operator does, and starts those of the beginning, the killed ones too, with the clock at
    /// which leases and the sweep are due. All at once: clocks of nodes must agree.
    private func restart(_ ground: Ground, without added: Node) async throws {
        let killed = [ground.nodes[0].name, ground.nodes[3].name]
        for node in ground.nodes + [added] where !killed.contains(node.name) {
            guard try await node.stop() == 0 else { throw DrillFailure("\(node.name) does not end well: \(node.log)") }
        }
        for node in ground.nodes { try await start(node, secondsAhead: KillRound.calmAheadSeconds) }
        _ = try await cluster.nginx(ground.nodes.compactMap(\.url))
    }

    /// Cuts whoever listens, again and again: only looking finds jobs then.
    private func loseNotifications(for time: Duration, on database: DrillDatabase) async throws -> Deafness {
        let knife = try database.open(clock: site.clock)
        return try await ending(with: { await knife.close() }) {
            let (end, latest) = (site.clock.now().adding(time), site.clock.now().adding(Self.deafnessMax))
            var deafness = Deafness()
            let doneBefore = try await Deafness.jobsDone(in: knife)
            while site.clock.now() < end || deafness.jobs == 0 && site.clock.now() < latest {
                deafness.cuts += try await Deafness.cut(by: knife)
                try await site.clock.sleep(for: .milliseconds(50))
                if site.clock.now() >= end { deafness.jobs = try await Deafness.jobsDone(in: knife) - doneBefore }
            }
            return deafness
        }
    }
}
