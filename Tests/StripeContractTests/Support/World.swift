import HTTP
import Kernel
import KernelTesting
import StripeClient
import StripeSandbox
import Synchronization
import Testing

/// A client and a sandbox in one process. Neither knows the other's models: two readings of one specification.
struct World {
    static let origin = "https://api.stripe.com"
    static let secretKey = "sk_test_kessai"

    let clock = SelfMovingClock()
    let recorder = LogRecorder()
    let sandbox: StripeSandbox
    let transport: CountingTransport
    let client: StripeClient

    init(accountVersion: String = "2026-10-28.endive", receiver: (any HTTPHandler)? = nil) {
        var options = StripeSandboxOptions()
        options.secretKeys = [Secret(Self.secretKey)]
        options.apiVersion = accountVersion
        sandbox = StripeSandbox(
            clock: clock, random: SeededRandom(5), log: recorder.log(clock: clock), options: options)
        var hosts: [String: any HTTPHandler] = [Self.origin: sandbox]
        hosts["https://shop.example.jp"] = receiver
        transport = CountingTransport(SandboxTransport(hosts: hosts, clock: clock))
        client = Self.client(transport, clock, recorder)
    }

    /// A client of the same account with another pinned version or another key.
    func client(version: String = "2026-10-28.endive", secretKey: String = World.secretKey) -> StripeClient {
        Self.client(transport, clock, recorder, version: version, secretKey: secretKey)
    }

    private static func client(
        _ transport: CountingTransport, _ clock: SelfMovingClock, _ recorder: LogRecorder,
        version: String = "2026-10-28.endive", secretKey: String = World.secretKey
    ) -> StripeClient {
        StripeClient(
            configuration: StripeConfiguration(secretKey: Secret(secretKey), apiVersion: version),
            transport: transport, clock: clock, random: SeededRandom(9), log: recorder.log(clock: clock))
    }
}

extension World {
    /// A key that no other call of this test has.
    func key(_ purpose: String = "test") -> StripeIdempotencyKey {
        let number = transport.number()
        return StripeIdempotencyKey(
            ID<World>("0190b0c8-0000-7000-8000-000000000001"), purpose: purpose, attempt: number)
    }

    /// A fresh intent of ¥980.
    func intent(
        _ amount: Money = Money(980, .jpy), customer: StripeCustomerID? = nil, redirects: StripeRedirects? = nil
    ) async throws -> StripePaymentIntent {
        try await client.createPaymentIntent(
            CreatePaymentIntent(
                amount: amount, customer: customer, metadata: ["order_id": "o-1"], redirects: redirects),
            key: key("create")
        ).value
    }

    /// A paid intent.
    func paid(_ amount: Money = Money(980, .jpy), with method: String = "pm_card_visa") async throws
        -> StripePaymentIntent
    {
        try await client.confirmPaymentIntent(try await intent(amount).id, .with(method), key: key("confirm")).value
    }
}

extension ConfirmPaymentIntent {
    /// A payment with one of Stripe's test cards, by a customer who can be led to another page.
    static func with(_ method: String, offSession: Bool = false) -> ConfirmPaymentIntent {
        ConfirmPaymentIntent(
            paymentMethod: StripePaymentMethodID(method),
            returnURL: offSession ? nil : "https://shop.example.jp/return", offSession: offSession)
    }
}

/// Counts what goes through it, and hands out numbers.
final class CountingTransport: HTTPTransport {
    private let inner: SandboxTransport
    private let state = Mutex<(requests: [HTTPClientRequest], number: Int)>(([], 0))

    init(_ inner: SandboxTransport) { self.inner = inner }

    var requests: [HTTPClientRequest] { state.withLock { $0.requests } }

    func number() -> Int {
        state.withLock { state in
            state.number += 1
            return state.number
        }
    }

    func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        state.withLock { $0.requests.append(request) }
        return try await inner.send(request)
    }
}

/// The error that a call ends in; throws when it ends in an answer.
func failure<Value>(_ call: () async throws -> Value) async throws -> StripeError {
    do {
        _ = try await call()
    } catch let error as StripeError {
        return error
    }
    throw UnexpectedSuccess()
}

struct UnexpectedSuccess: Error {}
