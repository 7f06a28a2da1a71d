import AppTesting
import Crypto
import Database
import DatabaseTesting
import HTTP
import JSON
import Kernel
import KernelTesting
import KessaiApp
import Payments
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// 100,000 objects with flat memory, and what they cost.
@Suite struct ReconciliationSizeTests {
    private static let count = 100_000

    @Test(arguments: TestEngine.all)
    func `a hundred thousand charges: flat memory, one request and two transactions a page`(engine: TestEngine)
        async throws
    {
        let clock = PassingClock()
        try await withDatabase(engine, migrations: KessaiApp.migrations, clock: clock) { database in
            let stripe = ManyCharges(count: Self.count, newest: clock.now())
            let counted = CountingDatabase(database)
            var reader = SettingsReader(
                file: .null,
                environment: [
                    "DATABASE_URL": "sqlite::memory:", "STRIPE_SECRET_KEY": "sk_test_kessai",
                    "STRIPE_WEBHOOK_SECRET": "whsec_test_0123456789abcdef", "PUBLIC_URL": "https://kessai.test",
                ])
            let app = try await KessaiApp.make(
                KessaiApp.Parts(
                    settings: try reader.read().settings, database: counted, transport: stripe, mailer: Mailbox(),
                    hasher: PasswordHasher(cost: .least), clock: clock, random: SeededRandom(), log: .silent))
            try await record(in: database, at: clock.now())
            let period = try #require(ReconciliationPeriod(last: .seconds(172_800), at: clock.now()))
            let (began, transactions) = (clock.now(), counted.transactions)
            let memory = Mutex<[Int]>([])
            let statement = try await app.reconciliation.run(period) { progress in
                guard progress.objects.isMultiple(of: 10_000) else { return }
                memory.withLock { $0.append(Self.residentBytes) }
            }
            let line = try #require(statement.lines.first)
            #expect(statement.isBalanced)
            #expect(line.here.rows == 99_000)
            #expect(line.here.amountMinor == 99_000 * 980)
            #expect(statement.foreign.first?.sum.rows == 1000)
            #expect(statement.objects == Int64(Self.count))
            // Events, refunds, disputes, intents and pages are one request each; nothing is asked for by itself.
            #expect(stripe.requests == Self.count / 100 + 5)
            // A reading and a writing one a page, and those of the lease, the rounds, the statement and the clearing.
            #expect(counted.transactions - transactions <= 2 * Self.count / 100 + 60)
            // Twenty requests a second, a second's worth at once.
            #expect(clock.now().since(began) >= .seconds(Int64(Self.count) / 100 / 20 - 1))
            // Ten thousand charges that are kept are 7 MB at least. Other tests run beside this one, so a single step
            // proves nothing; but they do not grow all the time.
            let steps = memory.withLock { memory in zip(memory, memory.dropFirst()).map { $1 - $0 } }
            #expect(steps.count >= 9)
            #expect(steps.count { $0 > 4 << 20 } < 7, "bytes more at each step: \(steps)")
        }
    }

    /// The rows of every charge that is ours, all of one order.
    private func record(in database: any Database, at now: Timestamp) async throws {
        let digits = String(now.epochMs - 1000, radix: 16)
        let prefix = "0\(digits.prefix(7))-\(digits.suffix(4))-7000-8000-"
        try await database.write { tx in
            try tx.execute(
                """
                INSERT INTO orders (id, seller, total_minor, currency, status, created_at_ms, expires_at_ms,
                    canceled_at_ms)
                VALUES ('order', 'shop', 980, 'jpy', 'canceled', 0, 0, 0)
                """)
            try tx.execute(
                """
                INSERT INTO payments (id, order_id, stripe_payment_intent_id, stripe_charge_id, amount_minor, currency,
                    applied, created_at_ms)
                WITH RECURSIVE numbers (number) AS (
                    SELECT CAST(0 AS BIGINT) UNION ALL SELECT number + 1 FROM numbers WHERE number < \(Self.count - 1))
                SELECT \(prefix) || (100000000000 + number), 'order', 'pi_' || number, 'ch_' || number, 980, 'jpy', 0,
                    \(now.adding(.seconds(-1)))
                FROM numbers WHERE number % 100 <> 0
                """)
            return ()
        }
    }

    /// What of this process is in memory.
    private static var residentBytes: Int {
        var buffer = [UInt8](repeating: 0, count: 128)
        let file = open("/proc/self/statm", O_RDONLY)
        defer { close(file) }
        let count = max(read(file, &buffer, buffer.count), 0)
        let fields = String(decoding: buffer.prefix(count), as: UTF8.self).split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(getpagesize())
    }
}

/// Makes pages of charges as they are asked for; every other list is empty. Every hundredth charge is not ours.
private final class ManyCharges: HTTPTransport {
    private let count: Int
    private let newest: Timestamp
    private let asked = Mutex(0)
    private let receipt = "https://pay.stripe.com/receipts/" + String(repeating: "x", count: 150)

    init(count: Int, newest: Timestamp) {
        self.count = count
        self.newest = newest
    }

    var requests: Int { asked.withLock { $0 } }

    func send(_ request: HTTPClientRequest) async throws(HTTPTransportError) -> HTTPResponse {
        asked.withLock { $0 += 1 }
        let parts = request.url.split(separator: "?", maxSplits: 1)
        guard parts[0].hasSuffix("/v1/charges") else {
            return HTTPResponse(status: 200, body: Array(page("", false).utf8))
        }
        let after = PercentCoding.pairs(String(parts[1]))?.first { $0.name == "starting_after" }?.value
        let first = after.flatMap { Int($0.dropFirst(3)) }.map { $0 + 1 } ?? 0
        let last = min(first + 100, count)
        let data = (first..<last).map(charge).joined(separator: ",")
        return HTTPResponse(status: 200, body: Array(page(data, last < count).utf8))
    }

    private func page(_ data: String, _ hasMore: Bool) -> String {
        #"{"object":"list","data":[\#(data)],"has_more":\#(hasMore),"url":"/v1"}"#
    }

    private func charge(_ number: Int) -> String {
        let isOurs = number % 100 != 0
        return #"""
            {"id":"ch_\#(number)","object":"charge","amount":980,"amount_captured":980,"amount_refunded":0,"captured":true,
            "created":\#(newest.epochSeconds - Int64(number)),"currency":"jpy","livemode":false,
            "metadata":{\#(isOurs ? #""order_id":"order""# : "")},"payment_intent":"pi_\#(number)","receipt_url":"\#(receipt)",
            "status":"succeeded"}
            """#
    }
}

/// A clock that a sleeper moves itself.
private final class PassingClock: WallClock {
    private let time = Mutex(Timestamp(epochMs: 1_795_233_600_000))

    func now() -> Timestamp { time.withLock { $0 } }

    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        time.withLock { $0 = $0.adding(duration) }
    }
}

/// Counts the transactions of a database.
private final class CountingDatabase: Database {
    private let inner: any Database
    private let count = Mutex(0)

    init(_ inner: any Database) { self.inner = inner }

    var transactions: Int { count.withLock { $0 } }
    var dialect: SQLDialect { inner.dialect }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        count.withLock { $0 += 1 }
        return try await inner.write(body)
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        count.withLock { $0 += 1 }
        return try await inner.read(body)
    }

    func wait(forNotification channel: String, timeout: Duration) async throws {
        try await inner.wait(forNotification: channel, timeout: timeout)
    }

    func close() async {}
}
