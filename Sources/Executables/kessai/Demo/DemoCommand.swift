internal import CommandWords
internal import Kernel

/// `kessai demo`: everything at once, with sample data, on this machine only.
struct DemoCommand: Command {
    static let name = "demo"
    static let synopsis = "[--once] [--json] [--port P] [--stripe-port P] [--data DIR]"
    static let summary = "try it: sandbox, sample data, purchases, and serving"
    static let details = """
        Starts a Stripe sandbox and the server, buys from each system end to end, prints the transcript, and serves
        until SIGINT or SIGTERM.
          --once             stop after the purchases; exit status 0 when all went through, 1 when not
          --json             print JSON lines; the last is {"error":...} when the demo could not be
          --port P           the server's port (8080); 0 is any free one
          --stripe-port P    the sandbox's port (4242); 0 is any free one
          --data DIR         where the database and the mails are kept (.data/demo); `temporary` is a fresh folder
                             that is removed at the end
        With DATABASE_URL set that database is used, if it is empty or only a demo used it: the demo's passwords are
        known to everybody, so it refuses (exit status 2) a database with other accounts, products or orders, and an
        environment with a live Stripe key. The sandbox keeps nothing between runs.
        """
    static let flags: Set<String> = ["--once", "--json"]
    static let options: Set<String> = ["--port", "--stripe-port", "--data"]

    /// Where the demo lives unless it is told otherwise: what is there is the demo's, whatever visitors added.
    private static let ownFolder = ".data/demo"

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        try DemoGuard.requireNoLiveMode()
        let transcript = Transcript(json: arguments.has("--json"))
        let random = SystemRandomSource()
        let asked = arguments["--data"] ?? Self.ownFolder
        let isTemporary = asked == "temporary"
        let data = isTemporary ? try Machine.temporaryFolder(random: random) : asked
        defer { if isTemporary { Machine.remove(data) } }
        let host = DemoHost(
            port: UInt16(try arguments.int("--port", in: 0...65535, default: 8080)),
            stripePort: UInt16(try arguments.int("--stripe-port", in: 0...65535, default: 4242)), data: data,
            isOwnFolder: isTemporary || asked == Self.ownFolder, clock: SystemClock(), random: random)
        return try await host.run { world in
            do {
                try await OrdersDemo(world: world, transcript: transcript).run()
                try await PassesDemo(world: world, transcript: transcript).run()
            } catch let error as DemoFailure {
                transcript.failed(error)
                return .failure
            }
            if arguments.has("--once") { return .success }
            transcript.ready(world)
            await Signals.untilAskedToEnd()
            return .success
        }
    }
}
