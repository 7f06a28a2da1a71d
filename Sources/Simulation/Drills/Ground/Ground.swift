internal import ChildProcess
public import HTTP
internal import JSON
public import Kernel

/// What a drill stands on, once it is laid: a sandbox, nodes that do not run yet, the people, and what they share.
public struct Ground: Sendable {
    /// Which processes and people there are.
    public struct Layout: Sendable {
        /// Nodes that serve; one on SQLite.
        public var serves = 1
        /// Nodes that only work; none on SQLite.
        public var works = 0
        /// Buyers of orders; each has several orders under way.
        public var orderBuyers = 4
        /// Buyers of passes; likewise.
        public var devices = 3
        /// The seed of what people do.
        public var seed: UInt64
        /// Settings of the nodes beside the usual ones.
        public var settings: [String: String] = [:]
        /// Puts something before the nodes that serve, whose addresses it gets, and tells its address: buyers and Stripe
        /// then speak to it alone. nil: buyers speak to any node, and Stripe sends every event to each.
        public var front: (@Sendable (_ nodes: [String]) async throws -> String)?

        /// One node, four buyers, three devices.
        public init(seed: UInt64) { self.seed = seed }
    }

    /// Where everything runs.
    public let site: Site
    /// The database, with its schema, an operator and goods.
    public let database: DrillDatabase
    /// Stripe; it runs.
    public let sandbox: SandboxProcess
    /// Stripe's controls and objects.
    public let stripe: SandboxControl
    /// The nodes; whoever holds the drill starts them.
    public let nodes: [Node]
    /// How far the drill is.
    public let stage: Stage
    /// What clients were told.
    public let memory = Memory()
    /// The events that Stripe saw acknowledged.
    public let acknowledged = Acknowledged()
    private let transport: any HTTPTransport
    private let layout: Layout
    private let doors: [String]

    /// How many times faster than Stripe the sandbox repeats deliveries: gaps of 60 ms to 9 s, for 52 s.
    private static let retrySpeed = 5_000

    /// Starts the sandbox, and makes the schema, an operator and goods. Throws ``DrillFailure``, and ends what it began.
    public init(
        _ layout: Layout, database: DrillDatabase, at bare: Site, via transport: any HTTPTransport,
        random: any RandomSource
    ) async throws {
        var site = bare
        let ports = try Self.ports(layout.serves + 1, random)
        self.transport = transport
        self.database = database
        self.layout = layout
        stage = Stage(clock: site.clock)
        sandbox = try await SandboxProcess(on: site, port: ports[0], retrySpeed: Self.retrySpeed)
        stripe = SandboxControl(at: sandbox.url, via: transport)
        site.environment.merge(Self.settings(database, sandbox)) { $1 }
        site.environment.merge(layout.settings) { $1 }
        do {
            var doors = ports.dropFirst().map { "http://127.0.0.1:\($0)" }
            if let front = layout.front { doors = [try await front(doors)] }
            self.doors = doors
            var secrets: [String] = []
            for door in doors { secrets.append(try await stripe.deliverEvents(to: door + "/api/webhook/stripe")) }
            site.environment["STRIPE_WEBHOOK_SECRET"] = secrets.joined(separator: ",")
            try await Self.prepare(site)
        } catch {
            sandbox.stop()
            throw error
        }
        self.site = site
        nodes =
            ports.dropFirst().enumerated().map { Node("serve\($0 + 1)", .serve(port: $1), on: site) }
            + (0..<layout.works).map { Node("work\($0 + 1)", .work, on: site) }
    }

    /// So many ports that nobody uses, each another.
    private static func ports(_ count: Int, _ random: any RandomSource) throws -> [UInt16] {
        var ports: [UInt16] = []
        while ports.count < count {
            guard let port = LoopbackPort.free(random: random) else { throw DrillFailure("no port is free") }
            if !ports.contains(port) { ports.append(port) }
        }
        return ports
    }

    private static func settings(_ database: DrillDatabase, _ sandbox: SandboxProcess) -> [String: String] {
        [
            "DATABASE_URL": database.url, "STRIPE_API_BASE": sandbox.url,
            "STRIPE_SECRET_KEY": SandboxProcess.secretKey, "STRIPE_PUBLISHABLE_KEY": SandboxProcess.publishableKey,
            "PUBLIC_URL": "http://127.0.0.1", "MAIL_FOLDER": "mail", "LOG_LEVEL": "info",
            "PASSES_LICENSE_PRICE": "4800", "PASSES_DAYPASS_PRICES": "0:120,1:240",
            "PASSES_RETURN_URLS": "drill://purchase",
            // Everybody comes from one address, and storms are what a drill is for.
            "RATE_LIMITS": "off",
        ]
    }

    /// The schema, an operator and goods.
    private static func prepare(_ site: Site) async throws {
        let goods = """
            id,name,unit_amount,currency,stock
            sencha,Sencha,980,jpy,\(Rules.stock)
            gift-wrap,Wrapping,330,jpy,\(Rules.stock)

            """
        try Files.write(goods, to: site.folder + "/products.csv")
        for (name, words, input) in [
            ("migrate", ["migrate"], nil), ("products", ["products", "import", "products.csv"], nil),
            ("operator", ["users", "add", Operator.email, "--role", "operator"], Person.password + "\n"),
        ] as [(String, [String], String?)] {
            let (status, text) = try await site.run(name, words, input: input)
            guard status == 0 else { throw DrillFailure("\(words.joined(separator: " ")): \(text)") }
        }
    }

    /// Everybody who does something while it storms: each of these runs until what was begun then is finished.
    public func people() -> [@Sendable () async throws -> Void] {
        let buyers = (0..<layout.orderBuyers).map { OrdersBuyer(person("buyer\($0)")) }
        let devices = (0..<layout.devices).map { PassesBuyer(person("device\($0)")) }
        let weather = Weather(
            sandbox: stripe, stage: stage, clock: site.clock, dice: Dice(layout.seed, of: "weather"))
        let chief = Operator(person("operator"))
        let (stage, acknowledged, stripe, clock) = (stage, acknowledged, stripe, site.clock)
        var people: [@Sendable () async throws -> Void] = [
            { try await chief.run() }, { try await weather.run() },
            {
                while stage.isStorm {
                    await acknowledged.look(at: stripe)
                    try await clock.sleep(for: .seconds(1))
                }
            },
        ]
        for buyer in buyers { people.append { try await buyer.run() } }
        for device in devices { people.append { try await device.run() } }
        return people
    }

    /// Somebody.
    public func person(_ name: String) -> Person {
        let dice = Dice(layout.seed, of: name)
        func client(_ bases: [String]) -> Client {
            Client(bases, via: transport, stage: stage, memory: memory, clock: site.clock, dice: dice)
        }
        return Person(
            name: name, server: client(doors), stripe: client([sandbox.url]), memory: memory,
            stage: stage, clock: site.clock, dice: dice)
    }

    /// Ends every process at once.
    public func abandon() {
        for node in nodes { node.abandon() }
        sandbox.stop()
    }
}
