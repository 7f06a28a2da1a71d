public import HTTP
public import Kernel
private import Synchronization

/// Stripe, offline and in memory: an HTTP handler that answers as api.stripe.com does, sends signed events, and brings
/// about any misfortune on demand.
///
/// Served by a server it is Stripe for another process; given to a `SandboxTransport` it is Stripe within this one.
/// Everything it does follows from the requests, the clock and the randomness it was given: equal ones give equal
/// histories. Its own pages and controls are under `/_sandbox/`.
public final class StripeSandbox: HTTPHandler {
    private let clock: any WallClock
    private let random: any RandomSource
    private let log: Log
    private let options: StripeSandboxOptions
    private let accountVersion: APIVersion
    private let state: Mutex<SandboxState>

    /// How many deliveries `run` has under way at once.
    static let lanes = 4
    /// How often `run` looks for deliveries that have become due.
    static let pause: Duration = .milliseconds(20)

    /// A sandbox with nothing in it but the endpoint of its options.
    ///
    /// The options' API version must be one that Stripe has published (`isPublished`); anything else is a mistake of
    /// the program and stops it.
    public init(clock: any WallClock, random: any RandomSource, log: Log, options: StripeSandboxOptions) {
        guard let version = APIVersion(options.apiVersion) else {
            preconditionFailure("\(options.apiVersion) is no version of Stripe's API")
        }
        self.clock = clock
        self.random = random
        self.log = log
        self.options = options
        accountVersion = version
        state = Mutex(SandboxState(options: options, accountVersion: version, random: random, at: clock.now()))
    }

    /// Whether Stripe has published a version of its API under this name.
    public static func isPublished(apiVersion name: String) -> Bool { APIVersion(name) != nil }

    /// Takes every request; bodies of at most a mebibyte.
    public func admit(_ head: HTTPRequestHead) -> HTTPAdmission { .accept(bodyBytesMax: 1 << 20) }

    /// Answers. Never fails; a wanted misfortune may give status 0, which means that the connection breaks without an
    /// answer (see `SandboxTransport`).
    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        let exchange = exchange(request)
        var response = exchange.response
        switch exchange.fate {
        case .answered: break
        case .lost: response = HTTPResponse(status: 0)
        case .notSent: response = HTTPResponse(status: 0, headers: [SandboxTransport.fateHeader: "not-sent"])
        }
        guard exchange.delay > .zero else { return response }
        if request.head.headers[SandboxTransport.inProcessHeader] != nil {
            response.headers[SandboxTransport.delayHeader] = String(exchange.delay.milliseconds)
            return response
        }
        do { try await clock.sleep(for: exchange.delay) } catch {
            // The client left while it waited; nobody reads the answer, and its effect is done.
            log.debug("stripe_sandbox_client_left", ["path": .string(request.head.path)])
        }
        return response
    }

    private func exchange(_ request: HTTPRequest) -> Exchange {
        let now = clock.now()
        if request.head.path == "/_sandbox" || request.head.path.hasPrefix("/_sandbox/") {
            return Exchange(response: state.withLock { Control(request: request, now: now).answer(&$0) })
        }
        if request.head.method == "OPTIONS" { return Exchange(response: Self.preflight) }
        let exchange = state.withLock { state -> Exchange in
            var pipeline = Pipeline(request, &state, at: now)
            return pipeline.run(&state)
        }
        log.debug(
            "stripe_sandbox_request",
            [
                "method": .string(request.head.method), "path": .string(request.head.path),
                "status": .int(Int64(exchange.response.status)),
            ])
        return exchange
    }

    /// Browsers ask before they send a key to another host.
    private static let preflight = HTTPResponse(
        status: 204,
        headers: [
            "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, POST, DELETE",
            "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Stripe-Version",
            "Access-Control-Max-Age": "300",
        ])
}

// What tests, the simulator and a program that embeds the sandbox steer it by.
extension StripeSandbox {
    /// Asks for a misfortune. Beyond a hundred waiting ones it is ignored, and the answer is false.
    @discardableResult
    public func add(_ fault: StripeSandboxFault) -> Bool { state.withLock { $0.faults.add(fault) } }

    /// Forgets the misfortunes that have not come about. Held deliveries stay held.
    public func clearFaults() { state.withLock { $0.faults.removeAll() } }

    /// Lets held deliveries go; answers how many. A repeat does nothing.
    @discardableResult
    public func releaseEvents() -> Int {
        let now = clock.now()
        return state.withLock { $0.deliveries.release(at: now) }
    }

    /// Forgets everything but the options and where its pages are.
    public func reset() {
        let now = clock.now()
        state.withLock { $0.reset(at: now) }
    }

    /// Says where payers reach the sandbox's pages, once a server knows its port: `http://127.0.0.1:4010`.
    public func publish(at url: String) { state.withLock { $0.publicURL = url } }

    /// The PaymentIntents about which a bank has not decided yet, the newest first.
    public var undecided: [String] {
        state.withLock { $0.paymentIntents.newestFirst.filter { $0.status == .processing }.map(\.id) }
    }

    /// When the next delivery or the next thing that happens by itself is due; nil when nothing is.
    public var nextDue: Timestamp? {
        state.withLock { state in [state.deliveries.next, state.agenda.next].compactMap { $0 }.min() }
    }
}

// Deliveries.
extension StripeSandbox {
    /// Sends every delivery that is due now, one after another in the order of their dueness; also those that come due
    /// because of it. Answers how many were sent. Stops when the task is cancelled; what was not sent stays due.
    @discardableResult
    public func deliverDue(via transport: any HTTPTransport) async -> Int {
        var count = 0
        while await deliverNext(via: transport) { count += 1 }
        return count
    }

    /// Delivers as deliveries become due, several at once, until the task is cancelled; then throws
    /// `CancellationError`.
    public func run(via transport: any HTTPTransport) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.lanes {
                group.addTask {
                    while true {
                        try Task.checkCancellation()
                        if await self.deliverNext(via: transport) { continue }
                        try await self.clock.sleep(for: Self.pause)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Sends the next delivery that is due; false when none is, or the task was cancelled.
    private func deliverNext(via transport: any HTTPTransport) async -> Bool {
        let now = clock.now()
        let dispatch = state.withLock { state -> Dispatch? in
            state.catchUp(to: now)
            return state.nextDispatch(at: now)
        }
        guard let dispatch else { return false }
        let result: Result<HTTPResponse, HTTPTransportError>
        do throws(HTTPTransportError) {
            result = .success(try await transport.send(dispatch.request))
        } catch {
            result = .failure(error)
        }
        let answeredAt = clock.now()
        state.withLock { $0.finish(dispatch.delivery, result, at: answeredAt) }
        if case .failure(.cancelled) = result { return false }
        return true
    }
}

extension SandboxState {
    /// A state as at the start, with the pages where they were.
    mutating func reset(at now: Timestamp) {
        let url = publicURL
        self = SandboxState(options: options, accountVersion: accountVersion, random: random, at: now)
        publicURL = url
    }
}
