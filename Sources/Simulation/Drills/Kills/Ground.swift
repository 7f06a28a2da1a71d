internal import ChildProcess
internal import Database
internal import HTTP
internal import JSON
internal import Kernel

/// What a round stands on, once it is laid: the processes, the people, and what they share.
struct Ground: Sendable {
    let site: Site
    let database: DrillDatabase
    let sandbox: SandboxProcess
    let stripe: SandboxControl
    /// The nodes that there are; a drill may take some away and add others.
    var nodes: [Node]
    /// Where clients and Stripe reach them, when something stands before them.
    let front: String?
    let stage: Stage
    let memory = Memory()
    let acknowledged = Acknowledged()
    let transport: any HTTPTransport

    /// How many times faster than Stripe the sandbox repeats deliveries: gaps of 60 ms to 9 s, for 52 s.
    private static let retrySpeed = 5_000

    /// `front` puts something before nodes at these ports, and gives its URL; without it they are reached themselves.
    init(
        _ plan: KillRound.Plan, database: DrillDatabase, at bare: Site, via transport: any HTTPTransport,
        random: any RandomSource, front: (([UInt16]) async throws -> String)? = nil
    ) async throws {
        func port() throws -> UInt16 {
            guard let port = LoopbackPort.free(random: random) else { throw DrillFailure("no port is free") }
            return port
        }
        var site = bare
        self.transport = transport
        self.database = database
        stage = Stage(clock: site.clock)
        sandbox = try await SandboxProcess(on: site, port: try port(), retrySpeed: Self.retrySpeed)
        stripe = SandboxControl(at: sandbox.url, via: transport)
        let ports = try (0..<plan.serves).map { _ in try port() }
        site.environment.merge(Self.settings(database, sandbox)) { $1 }
        do {
            self.front = try await front?(ports)
            var secrets: [String] = []
            for base in self.front.map({ [$0] }) ?? ports.map({ "http://127.0.0.1:\($0)" }) {
                secrets.append(try await stripe.deliverEvents(to: base + "/api/webhook/stripe"))
            }
            site.environment["STRIPE_WEBHOOK_SECRET"] = secrets.joined(separator: ",")
            try await Self.prepare(site)
        } catch {
            sandbox.stop()
            throw error
        }
        self.site = site
        nodes =
            ports.enumerated().map { Node("serve\($0 + 1)", .serve(port: $1), on: site) }
            + (0..<plan.works).map { Node("work\($0 + 1)", .work, on: site) }
    }

    private static func settings(_ database: DrillDatabase, _ sandbox: SandboxProcess) -> [String: String] {
        [
            "DATABASE_URL": database.url, "STRIPE_API_BASE": sandbox.url,
            "STRIPE_SECRET_KEY": SandboxProcess.secretKey, "STRIPE_PUBLISHABLE_KEY": SandboxProcess.publishableKey,
            "PUBLIC_URL": "http://127.0.0.1", "MAIL_FOLDER": "mail", "LOG_LEVEL": "info",
            "PASSES_LICENSE_PRICE": "4800", "PASSES_DAYPASS_PRICES": "0:120,1:240",
            "PASSES_RETURN_URLS": "drill://purchase",
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

    /// Everybody who does something while it storms.
    func people(_ plan: KillRound.Plan) -> [@Sendable () async throws -> Void] {
        let buyers = (0..<plan.orderBuyers).map { OrdersBuyer(person("buyer\($0)", plan.seed)) }
        let devices = (0..<plan.devices).map { PassesBuyer(person("device\($0)", plan.seed)) }
        let weather = Weather(
            sandbox: stripe, stage: stage, clock: site.clock, dice: Dice(plan.seed, of: "weather"))
        let chief = Operator(person("operator", plan.seed))
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

    func person(_ name: String, _ seed: UInt64) -> Person {
        let dice = Dice(seed, of: name)
        func client(_ bases: [String]) -> Client {
            Client(bases, via: transport, stage: stage, memory: memory, clock: site.clock, dice: dice)
        }
        return Person(
            name: name, server: client(front.map { [$0] } ?? nodes.compactMap(\.url)), stripe: client([sandbox.url]), memory: memory,
            stage: stage, clock: site.clock, dice: dice)
    }

    /// Ends every process at once.
    func abandon() {
        for node in nodes { node.abandon() }
        sandbox.stop()
    }
}
