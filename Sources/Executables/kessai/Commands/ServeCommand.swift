internal import CommandWords
internal import CurlTransport
internal import Database
private import DriverSupport
internal import HTTPServer
internal import Jobs
internal import Kernel
internal import KessaiApp

/// `kessai serve`: answers requests, and runs jobs unless told otherwise.
struct ServeCommand: Command {
    static let name = "serve"
    static let synopsis = "[--port P] [--host H]"
    static let summary = "answer requests (and run jobs, unless JOBS_IN_SERVE=false)"
    static let details = """
        Reads kessai.json and the environment. Refuses to start when the schema is behind: run `kessai migrate` first.
        SIGTERM lets the requests and jobs under way end, then stops. SIGHUP reads TLS_CERT_FILE and TLS_KEY_FILE anew.
        A SQLite file has one server process (serve, work or demo); a second one is refused.
        """
    static let options: Set<String> = ["--port", "--host"]

    /// How long what is under way may take when the process is asked to end.
    static let grace = Duration.seconds(20)

    /// Freed memory that stays with the process: what a burst of requests takes.
    private static let freedBytesKept = 16 << 20

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        var (settings, warnings) = try Machine.settings()
        settings.port = try arguments.int("--port", in: 0...65535, default: settings.port)
        settings.host = arguments["--host"] ?? settings.host
        let clock = Drill.clock(settings)
        let writer = LogWriter()
        let log = writer.log(clock: clock, minimum: settings.logLevel)
        defer { writer.flush() }
        FreedMemory.keep(Self.freedBytesKept)
        log.tell(warnings)
        let certificate = try Self.certificate(settings, now: clock.now(), log: log)
        Descriptors.raise(for: settings.door, log: log)
        let (database, lock) = try Opening.servedDatabase(settings, clock: clock, log: log)
        defer { withExtendedLifetime(lock) {} }
        let app: KessaiApp
        let transport: CurlTransport
        let server: HTTPServer
        let hangUps = Signals.hangUps()
        do {
            (app, transport) = try await Opening.application(
                settings, database: database, log: log, clock: clock, lock: lock)
            server = try Listening.start(
                Listening.options(settings), certificate: certificate, chosenWith: "PORT or --port, HOST or --host",
                handler: app.handler, random: SystemRandomSource(), log: log)
        } catch {
            // Who refuses to serve leaves the file as it was, with its log folded in.
            await database.close()
            throw error
        }
        log.info("serving", ["host": .string(settings.host), "port": .int(Int64(server.port))])
        try await withThrowingTaskGroup(of: Void.self) { group in
            if settings.jobsInServe { group.addTask { try await app.jobs.run() } }
            group.addTask { [settings] in
                await Renewal(settings: settings, clock: clock, log: log).run(server, at: hangUps.signals)
            }
            await Signals.untilAskedToEnd()
            log.info("stopping")
            app.jobs.stop()
            await server.drain(within: Self.grace)
            hangUps.finish()
            try await group.waitForAll()
        }
        await database.close()
        transport.close()
        log.info("stopped")
        return .success
    }

    /// The certificate of the settings; nil without TLS. Throws `UsageError` when it is none.
    private static func certificate(_ settings: Settings, now: Timestamp, log: Log) throws -> TLSCertificate? {
        log.tell(TLSFiles.findings(settings, now: now).filter { $0.gravity == .warning })
        do throws(TLSFiles.Fault) {
            return try TLSFiles.certificate(settings.door)
        } catch {
            throw UsageError(message: "\(error.setting): \(error.detail)")
        }
    }
}
