public import HTTP
public import Kernel

/// A client of a Kessai server, for apps in Swift.
///
/// What needs no account is called on the client: devices, their licences and day passes, products, and making an
/// account. `logIn` gives a `KessaiBuyer`, who orders and pays.
///
/// - **Repeats.** A call sends its request again by itself when there was no answer, and when the server asks for it
///   (429, 503, a request that is still under way): at most `Options.attemptsMax` times in all, after the pause that
///   `Retry-After` names or one that doubles, and always with the same `Idempotency-Key`, so that nothing is begun or
///   bought twice. What then still fails is thrown; `KessaiError.mayRepeat` says whether the same call, with the same
///   key, may still succeed.
/// - **Restarts.** A purchase and an order carry a `RequestKey` of the app's. Stored before the call, it finds the same
///   purchase after a restart.
/// - **Secrets.** Passwords, tokens and addresses of people are `Redacted`: they print as `<redacted>`. No error holds
///   one.
/// - **Time and chance** come from outside, so that tests decide them.
public struct KessaiClient: Sendable {
    let exchange: KessaiExchange

    /// How patient calls are.
    public struct Options: Sendable {
        /// How often a request is sent at most, the first time included; 1 to 10.
        public var attemptsMax: Int
        /// How long one attempt may take.
        public var timeout: Duration
        /// The longest pause before another attempt. A server that asks for a longer one is obeyed by throwing at once:
        /// the error tells how long to wait.
        public var pauseMax: Duration
        /// Whether an `http:` address is taken that is not this machine's own. Tokens would be readable on the way.
        public var allowsPlainHTTP: Bool

        /// 4 attempts of 30 seconds, with pauses of at most 10 seconds, over TLS.
        public init(
            attemptsMax: Int = 4, timeout: Duration = .seconds(30), pauseMax: Duration = .seconds(10),
            allowsPlainHTTP: Bool = false
        ) {
            self.attemptsMax = attemptsMax
            self.timeout = timeout
            self.pauseMax = pauseMax
            self.allowsPlainHTTP = allowsPlainHTTP
        }
    }

    /// A client of the server at `baseURL`, such as `https://shop.example.com`, with a path where it lies under one.
    ///
    /// Sends nothing. Throws `KessaiError.invalidArgument` when the address is none that a client may use: `https:`, or
    /// `http:` to this machine, without user, query or fragment.
    ///
    /// - Parameters:
    ///   - baseURL: Where the server is.
    ///   - transport: What sends the requests: `CurlTransport`, or one of the app's own.
    ///   - clock: Sleeps between attempts.
    ///   - random: Makes keys and spreads pauses.
    ///   - options: How patient calls are.
    public init(
        baseURL: String, transport: any HTTPTransport, clock: any WallClock = SystemClock(),
        random: any RandomSource = SystemRandomSource(), options: Options = Options()
    ) throws(KessaiError) {
        guard let base = Self.base(baseURL, allowsPlainHTTP: options.allowsPlainHTTP) else {
            throw .invalidArgument("the base URL must be https:, without user, query and fragment")
        }
        exchange = KessaiExchange(base: base, transport: transport, clock: clock, random: random, options: options)
    }

    /// A fresh key for a purchase or an order. Store it before the call that it is for.
    public func makeRequestKey() -> RequestKey { exchange.makeKey() }

    /// A fresh id for this device: `dev_` and 190 random bits. Store it for as long as the app is installed: what is
    /// bought is bought for it, and whoever knows it can see what it has.
    public func makeDeviceID() -> String { "dev_" + exchange.random.alphanumerics(32) }

    private static func base(_ text: String, allowsPlainHTTP: Bool) -> String? {
        guard text.utf8.count <= 1000, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !text.contains(where: { "?#@\\".contains($0) })
        else { return nil }
        var base = text
        while base.hasSuffix("/") { base.removeLast() }
        let parts = base.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[1].isEmpty, !parts[2].isEmpty else { return nil }
        switch parts[0].lowercased() {
        case "https:": return base
        case "http:":
            let host = parts[2].prefix { $0 != ":" }
            return allowsPlainHTTP || ["127.0.0.1", "localhost"].contains(host) ? base : nil
        default: return nil
        }
    }
}
