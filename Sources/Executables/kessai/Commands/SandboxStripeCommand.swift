internal import CurlTransport
internal import HTTPServer
internal import Kernel
internal import StripeSandbox

/// `kessai sandbox stripe`: Stripe, offline, for any program that can be pointed at it.
struct SandboxStripeCommand: Command {
    static let name = "sandbox stripe"
    static let usage = """
        sandbox stripe --port P [--webhook URL --webhook-secret S]   serve a Stripe sandbox

          --port P              the port (4242); 0 is any free one
          --host H              the address to listen on (127.0.0.1)
          --secret-key K        the secret key that is accepted (sk_test_kessai)
          --publishable-key K   the key of browsers and apps (pk_test_kessai)
          --webhook URL         where events are sent
          --webhook-secret S    what signs them, whsec_…
          --api-version V       the account's default API version, and that of events
        The page /_sandbox/ shows requests, events and deliveries. Nothing is kept between runs.
        """
    static let flags: Set<String> = []
    static let options: Set<String> = [
        "--port", "--host", "--secret-key", "--publishable-key", "--webhook", "--webhook-secret", "--api-version",
    ]

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        let port = UInt16(try arguments.int("--port", in: 0...65535, default: 4242))
        let host = arguments["--host"] ?? "127.0.0.1"
        let options = try Self.options(arguments)
        let clock = SystemClock()
        let random = SystemRandomSource()
        let writer = LogWriter()
        let log = writer.log(clock: clock, minimum: Log.Level(name: Machine.environment["LOG_LEVEL"] ?? "") ?? .warning)
        defer { writer.flush() }
        let sandbox = StripeSandbox(clock: clock, random: random, log: log, options: options)
        let server = try HTTPServer.start(
            HTTPServerOptions(host: host, port: port), handler: sandbox, random: random, log: log)
        sandbox.publish(at: "http://\(host):\(server.port)")
        let transport = try CurlTransport(log: log)
        Terminal.write("Stripe sandbox: http://\(host):\(server.port)  (what happened: /_sandbox/)\n")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await sandbox.run(via: transport) } catch is CancellationError {
                    // It was asked to end.
                }
            }
            await Signals.untilAskedToEnd()
            group.cancelAll()
            try await group.waitForAll()
        }
        await server.drain(within: .seconds(5))
        transport.close()
        return .success
    }

    private static func options(_ arguments: Arguments) throws -> StripeSandboxOptions {
        var options = StripeSandboxOptions()
        if let key = arguments["--secret-key"] { options.secretKeys = [Secret(key)] }
        if let key = arguments["--publishable-key"] { options.publishableKey = key }
        if let version = arguments["--api-version"] {
            guard StripeSandbox.isPublished(apiVersion: version) else {
                throw UsageError(message: "Stripe has published no API version \(version)")
            }
            options.apiVersion = version
        }
        switch (arguments["--webhook"], arguments["--webhook-secret"]) {
        case (nil, nil): break
        case (let url?, let secret?) where !secret.isEmpty && url.hasPrefix("http"):
            options.webhook = .init(url: url, secret: Secret(secret))
        default: throw UsageError(message: "--webhook URL and --webhook-secret S go together")
        }
        return options
    }
}
