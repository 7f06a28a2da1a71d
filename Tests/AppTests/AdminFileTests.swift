import AppTesting
import Database
import DatabaseTesting
import HTTP
import KernelTesting
import KessaiApp
import Testing

/// The history of payments as a file, of more rows than are held at once.
@Suite struct AdminFileTests {
    private static let count = 250

    /// Payments of one order; their ids rise with their numbers.
    private func record(in database: any Database) async throws {
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
                SELECT '01900000-0000-7000-8000-00000000' || (1000 + number), 'order', 'pi_' || number, 'ch_' || number, 980, 'jpy', 0, number
                FROM numbers
                """)
            return ()
        }
    }

    @Test(arguments: TestEngine.all)
    func `the file is read while it is taken, a hundred rows at a time, and has every payment once`(engine: TestEngine)
        async throws
    {
        try await World.run(on: engine) { world in
            _ = try await world.operator()
            let browser = Browser(world)
            await browser.logIn()
            try await record(in: world.database)
            let cookie = browser.jar.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
            let answer = await world.app.router.respond(
                to: HTTPRequest("GET", "/admin/payments.csv", headers: ["Cookie": cookie]))
            #expect(answer.status == 200)
            var pieces = [answer.body]
            let stream = try #require(answer.stream)
            while let piece = try await stream.next() { pieces.append(piece) }
            let texts = pieces.map { String(decoding: $0, as: UTF8.self) }
            #expect(texts.map { $0.split(separator: "\r\n").count } == [101, 100, 50])
            let intents = texts.joined().split(separator: "\r\n").dropFirst().compactMap {
                $0.split(separator: ",", omittingEmptySubsequences: false).dropFirst(6).first
            }
            #expect(intents.map(String.init) == (0..<Self.count).reversed().map { "pi_\($0)" })
            #expect(await browser.get("/admin/payments.csv").text == texts.joined())
        }
    }

    @Test func `a session that ends within the file breaks it off`() async throws {
        try await World.run(on: .sqlite) { world in
            _ = try await world.operator()
            let browser = Browser(world)
            await browser.logIn()
            try await record(in: world.database)
            let cookie = browser.jar.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
            let answer = await world.app.router.respond(
                to: HTTPRequest("GET", "/admin/payments.csv", headers: ["Cookie": cookie]))
            world.clock.advance(by: .seconds(3600))
            await #expect(throws: Problem.self) { _ = try await answer.stream?.next() }
        }
    }
}
