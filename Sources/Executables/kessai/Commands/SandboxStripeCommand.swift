internal import CommandWords
internal import CurlTransport
internal import HTTPServer
internal import Kernel
internal import StripeSandbox

/// `kessai sandbox stripe`: Stripe on this machine, for programs that speak HTTP.
struct SandboxStripeCommand: Command {
    static let name = "sandbox stripe"
    static let synopsis = "[--port P] [--webhook URL --webhook-secret S] [OPTIONS]"
    static let summary = "serve an offline Stripe"
    static let details = """
        Answers as api.stripe.com does, sends signed events, and shows what happened at /_sandbox/. Everything is in
        memory and ends with the process; SIGINT or SIGTERM ends it. The first line printed says where it listens.
          --port P             the port (4242); 0 is any free one
          --host H             the address to listen on (127.0.0.1)
          --public-url URL     where payers reach its pages, if not at the address above
          --webhook URL        where every event is sent
          --webhook-secret S   the secret that signs them, whsec_...
          --secret-key K       the secret key it accepts (sk_test_kessai)
          --publishable-key K  the publishable key it accepts (pk_test_kessai)
          --api-version V      the account's version of the API (2026-10-28.endive)
          --retry-speed N      how many times faster than Stripe failed deliveries are repeated (1)
        """
    static let options: Set<String> = [
        "--port", "--host", "--public-url", "--webhook", "--webhook-secret", "--secret-key", "--publishable-key",
        "--api-version", "--retry-speed",
    ]

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        let port = UInt16(try arguments.int("--port", in: 0...65535, default: 4242))
        let host = arguments["--host"] ?? "127.0.0.1"
        let options = try Self.options(arguments)
        let (clock, random) = (SystemClock(), SystemRandomSource())
        let writer = LogWriter()
        let log = writer.log(clock: clock, minimum: .warning)
        defer { writer.flush() }
        let sandbox = StripeSandbox(clock: clock, random: random, log: log, options: options)
        let transport = try CurlTransport(log: log)
        defer { transport.close() }
        let server = try Listening.start(
            host: host, port: port, chosenWith: "--port or --host", handler: sandbox, random: random, log: log)
        let url = "http://\(Self.reachable(host)):\(server.port)"
        sandbox.publish(at: arguments["--public-url"] ?? url)
        Terminal.write("Stripe sandbox: \(url)\nWhat happens: \(url)/_sandbox/\n")
        try await Self.serve(sandbox, via: transport)
        await server.drain(within: .seconds(2))
        return .success
    }

    /// The host of an address; who listens everywhere is reached through the loopback.
    private static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "[::1]"
        default: host.contains(":") ? "[\(host)]" : host
        }
    }

    /// Sends events until the process is asked to end.
    private static func serve(_ sandbox: StripeSandbox, via transport: CurlTransport) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await sandbox.run(via: transport) } catch is CancellationError {
                    // The process was asked to end.
                }
            }
            await Signals.untilAskedToEnd()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private static func options(_ arguments: Arguments) throws -> StripeSandboxOptions {
        var options = StripeSandboxOptions()
        // A key of a real account has no business on a command line, nor in something that only plays Stripe.
        if let key = arguments["--secret-key"] {
            guard key.hasPrefix("sk_test_") || key.hasPrefix("rk_test_") else {
                throw UsageError(message: "--secret-key must begin with sk_test_ or rk_test_")
            }
            options.secretKeys = [Secret(key)]
        }
        if let key = arguments["--publishable-key"] {
            guard key.hasPrefix("pk_test_") else {
                throw UsageError(message: "--publishable-key must begin with pk_test_")
            }
            options.publishableKey = key
        }
        if let version = arguments["--api-version"] {
            guard StripeSandbox.isPublished(apiVersion: version) else {
                throw UsageError(message: "\(version) is no version of Stripe's API")
            }
            options.apiVersion = version
        }
        options.retrySpeed = Int64(try arguments.int("--retry-speed", in: 1...100_000, default: 1))
        switch (arguments["--webhook"], arguments["--webhook-secret"]) {
        case (nil, nil): break
        case (let url?, let secret?):
            guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
                throw UsageError(message: "--webhook must begin with http:// or https://")
            }
            guard secret.hasPrefix("whsec_"), secret.utf8.count > 6 else {
                throw UsageError(message: "--webhook-secret must begin with whsec_ and have something behind it")
            }
            options.webhook = .init(url: url, secret: Secret(secret))
        default: throw UsageError(message: "--webhook and --webhook-secret come together")
        }
        return options
    }
}
