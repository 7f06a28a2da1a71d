import Database
import DatabaseTesting
import HTTP
import Identity
import JSON
import Kernel
import KernelTesting
import Synchronization
import Testing

@testable import Idempotency

/// "Every POST takes an Idempotency-Key; a repeat returns the first answer, a different body under the same key is
/// refused."
@Suite struct IdempotencyTests {
    /// A server with one handler that counts its runs and answers from a script.
    private struct World: Sendable {
        let database: any Database
        let clock: ManualClock
        let runs = Counter()
        let recorder = LogRecorder()
        let ids: IDGenerator

        init(_ database: any Database, _ clock: ManualClock) {
            self.database = database
            self.clock = clock
            ids = IDGenerator(clock: clock, random: SeededRandom())
        }

        func router(
            access: Access = .everyone, repeats: Repeats? = nil, method: String = "POST",
            database: (any Database)? = nil,
            _ answer: @escaping @Sendable (Int, RequestContext) async throws -> HTTPResponse = { run, _ in
                .json(["run": .int(Int64(run))], status: 201)
            }
        ) -> Router {
            let route = Route(
                method, "/orders", "Takes an order", tag: "orders", access: access,
                body: method == "POST" ? .object([.optional("count", .integer(1...9))]) : nil, repeats: repeats,
                answers: []
            ) { [runs] context in try await answer(runs.next(), context) }
            return Router(
                routes: [route], authenticator: Users(),
                middleware: [
                    IdempotencyMiddleware(database: database ?? self.database, clock: clock, ids: ids)
                ], log: recorder.log(clock: clock))
        }
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func next() -> Int {
            value.withLock {
                $0 += 1
                return $0
            }
        }
    }

    private struct Users: Authenticator {
        func principal(bearerToken: String) async throws -> Principal? {
            Principal(userID: bearerToken, role: .buyer)
        }
    }

    /// A database whose next write fails.
    private final class FailingDatabase: Database {
        let inner: any Database
        private let left = Mutex<[Bool]>([])
        init(_ inner: any Database) { self.inner = inner }
        var dialect: SQLDialect { inner.dialect }
        /// For each write to come, whether it fails.
        func script(_ failures: [Bool]) { left.withLock { $0 = failures } }
        func write<R: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> R) async throws -> R {
            let fails = left.withLock { $0.isEmpty ? false : $0.removeFirst() }
            if fails { throw DatabaseError.unavailable(reason: "gone") }
            return try await inner.write(body)
        }
        func read<R: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> R) async throws -> R {
            try await inner.read(body)
        }
        func wait(forNotification channel: String, timeout: Duration) async throws {}
        func close() async {}
    }

    private func with(_ engine: TestEngine, _ body: (World) async throws -> Void) async throws {
        let clock = ManualClock()
        try await withDatabase(engine, migrations: IdempotencySchema.migrations, clock: clock) { database in
            try await body(World(database, clock))
        }
    }

    private func post(key: String? = "k", body: String = "{}", user: String? = nil, query: String = "") -> HTTPRequest {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        headers["Idempotency-Key"] = key
        if let user { headers["Authorization"] = "Bearer \(user)" }
        return HTTPRequest("POST", "/orders" + query, headers: headers, body: Array(body.utf8))
    }

    private func code(_ response: HTTPResponse) -> String? {
        // What is no JSON has no code.
        (try? JSONValue(parsing: response.body))?["code"]?.string
    }

    @Test(arguments: TestEngine.all) func `a repeat gets the first answer and the handler runs once`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world async throws in
            let router = world.router { run, _ in
                .json(
                    ["run": .int(Int64(run))], status: 201,
                    headers: ["Location": "/orders/1", "X-Other": "y", "Cache-Control": "no-store"])
            }
            let first = await router.respond(to: post())
            let second = await router.respond(to: post())
            #expect(first.status == 201 && second.status == 201 && world.runs.count == 1)
            #expect(first.body == second.body)
            #expect(first.headers["Idempotent-Replayed"] == nil && second.headers["Idempotent-Replayed"] == "true")
            #expect(second.headers["Content-Type"] == "application/json")
            #expect(second.headers["Location"] == "/orders/1" && second.headers["Cache-Control"] == "no-store")
            #expect(second.headers["X-Other"] == nil)
        }
    }

    @Test(arguments: TestEngine.all) func `without a key, on other routes and with other keys everything runs`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world async throws in
            let router = world.router()
            for key in [nil, nil, "a", "b"] { #expect(await router.respond(to: post(key: key)).status == 201) }
            #expect(world.runs.count == 4)
            let harmless = world.router(repeats: .harmless)
            for _ in 1...2 { #expect(await harmless.respond(to: post()).status == 201) }
            #expect(world.runs.count == 6)
            let get = world.router(method: "GET")
            var request = HTTPRequest("GET", "/orders")
            request.head.headers["Idempotency-Key"] = "k"
            for _ in 1...2 { #expect(await get.respond(to: request).status == 201) }
            #expect(world.runs.count == 8)
        }
    }

    @Test(
        arguments: TestEngine.all,
        ["", "two words", "tab\t", "\u{7F}", "鍵", "line\nbreak", String(repeating: "k", count: 256)])
    func `a key that is not fit is refused`(_ engine: TestEngine, _ key: String) async throws {
        try await with(engine) { world async throws in
            let response = await world.router().respond(to: post(key: key))
            #expect(response.status == 400)
            #expect(code(response) == "idempotency_key_not_valid")
            #expect(world.runs.count == 0)
        }
    }

    @Test(arguments: TestEngine.all) func `two keys are refused, and the longest key is taken`(_ engine: TestEngine)
        async throws
    {
        try await with(engine) { world async throws in
            var request = post(key: "a")
            request.head.headers.add("Idempotency-Key", "b")
            #expect(await world.router().respond(to: request).status == 400)
            let longest = String(repeating: "~", count: 255)
            #expect(await world.router().respond(to: post(key: longest)).status == 201)
        }
    }

    @Test(arguments: TestEngine.all) func `another request under the same key is refused and changes nothing`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world async throws in
            let router = world.router()
            _ = await router.respond(to: post(body: "{\"count\":1}"))
            let other = await router.respond(to: post(body: "{\"count\":2}"))
            #expect(other.status == 422)
            #expect(code(other) == "idempotency_key_reused")
            #expect(await router.respond(to: post(body: "{\"count\":1}")).headers["Idempotent-Replayed"] == "true")
            #expect(world.runs.count == 1)
        }
    }

    @Test(arguments: TestEngine.all) func `a key is its account's own`(_ engine: TestEngine) async throws {
        try await with(engine) { world async throws in
            let router = world.router(access: .authenticated) { run, context in
                .text("for \(context.principal?.userID ?? "") \(run)")
            }
            let hanako = await router.respond(to: post(user: "hanako"))
            let taro = await router.respond(to: post(user: "taro"))
            #expect(hanako.body == Array("for hanako 1".utf8) && taro.body == Array("for taro 2".utf8))
            #expect(await router.respond(to: post(user: "hanako")).body == hanako.body)
            #expect(world.runs.count == 2)
        }
    }

    @Test(arguments: TestEngine.all) func `fifty repeats at once run the handler once`(_ engine: TestEngine)
        async throws
    {
        try await with(engine) { world async throws in
            let router = world.router()
            let answers = await withTaskGroup(of: HTTPResponse.self) { group in
                for _ in 1...50 { group.addTask { await router.respond(to: post()) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(world.runs.count == 1)
            for answer in answers {
                #expect(answer.status == 201 || answer.status == 409)
                if answer.status == 409 {
                    #expect(code(answer) == "idempotency_key_in_use")
                    #expect(answer.headers["Retry-After"] == "1")
                }
            }
            #expect(answers.contains { $0.status == 201 })
        }
    }

    @Test(arguments: TestEngine.all) func `while the first is under way a repeat is told to wait`(_ engine: TestEngine)
        async throws
    {
        try await with(engine) { world async throws in
            let inner = world.router()
            let router = world.router { _, _ in
                let repeated = await inner.respond(to: post())
                #expect(repeated.status == 409)
                let other = await inner.respond(to: post(body: "{\"count\":2}"))
                #expect(other.status == 422)
                return .text("done")
            }
            #expect(await router.respond(to: post()).status == 200)
            #expect(world.runs.count == 1)
        }
    }

    @Test(arguments: TestEngine.all)
    func `a request that outlives its lease is taken over, and cannot answer for its successor`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world async throws in
            let successor = world.router { _, _ in .text("successor") }
            let router = world.router { _, _ in
                world.clock.advance(by: .milliseconds(59_999))
                #expect(await successor.respond(to: post()).status == 409)
                world.clock.advance(by: .milliseconds(1))
                #expect(await successor.respond(to: post()).status == 200)
                return .text("late")
            }
            #expect(await router.respond(to: post()).body == Array("late".utf8))
            let repeated = await router.respond(to: post())
            #expect(repeated.body == Array("successor".utf8) && repeated.headers["Idempotent-Replayed"] == "true")
            #expect(world.runs.count == 2)
        }
    }

    @Test(arguments: TestEngine.all) func `a failed request that was taken over does not free its successor's key`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world async throws in
            let successor = world.router { _, _ in .text("successor") }
            let router = world.router { _, _ in
                world.clock.advance(by: .seconds(60))
                #expect(await successor.respond(to: post()).status == 200)
                throw Problem.unavailable("Later.")
            }
            #expect(await router.respond(to: post()).status == 503)
            #expect(await router.respond(to: post()).body == Array("successor".utf8))
        }
    }

    @Test(
        arguments: TestEngine.all,
        [
            (200, true), (201, true), (204, true), (303, true), (402, true), (410, true), (422, true), (451, true),
            (400, false), (401, false), (403, false), (404, false), (408, false), (409, false), (413, false),
            (415, false), (429, false), (500, false), (502, false), (503, false),
        ])
    func `answers that say what became of the request are kept, and others free the key`(
        _ engine: TestEngine, _ row: (status: Int, isKept: Bool)
    ) async throws {
        try await with(engine) { world async throws in
            let answering = world.router { run, _ in HTTPResponse(status: row.status, body: Array("\(run)".utf8)) }
            for _ in 1...2 { #expect(await answering.respond(to: post(key: "a")).status == row.status) }
            #expect(world.runs.count == (row.isKept ? 1 : 2))
            let throwing = world.router { _, _ in
                throw Problem(status: row.status, code: "thrown", detail: "Thrown.")
            }
            let first = await throwing.respond(to: post(key: "b"))
            let second = await throwing.respond(to: post(key: "b"))
            #expect(first.status == row.status && second.status == row.status)
            #expect(code(second) == "thrown")
            #expect(second.headers["Content-Type"] == "application/problem+json")
            #expect(world.runs.count == (row.isKept ? 2 : 4))
        }
    }

    @Test(arguments: TestEngine.all) func `a fault of ours frees the key`(_ engine: TestEngine) async throws {
        struct Fault: Error {}
        try await with(engine) { world async throws in
            let router = world.router { run, _ in
                if run == 1 { throw Fault() }
                return .text("well")
            }
            #expect(await router.respond(to: post()).status == 500)
            #expect(await router.respond(to: post()).status == 200)
        }
    }

    @Test(arguments: TestEngine.all) func `cookies and large bodies are not kept`(_ engine: TestEngine) async throws {
        try await with(engine) { world async throws in
            let cookie = world.router { _, _ in HTTPResponse(status: 200, headers: ["set-cookie": "session=1"]) }
            for _ in 1...2 { #expect(await cookie.respond(to: post(key: "a")).status == 200) }
            #expect(world.runs.count == 2)
            for (size, runs) in [(64 << 10, 3), ((64 << 10) + 1, 5)] {
                let large = world.router { _, _ in
                    HTTPResponse(status: 200, body: [UInt8](repeating: 7, count: size))
                }
                for _ in 1...2 {
                    #expect(
                        await large.respond(to: post(key: "size \(size)".replacing(" ", with: "-"))).body.count == size)
                }
                #expect(world.runs.count == runs)
            }
        }
    }

    @Test(arguments: TestEngine.all) func `after a day the key is free, also for another request`(_ engine: TestEngine)
        async throws
    {
        try await with(engine) { world async throws in
            let router = world.router()
            _ = await router.respond(to: post())
            world.clock.advance(by: .seconds(86_399))
            #expect(await router.respond(to: post()).headers["Idempotent-Replayed"] == "true")
            world.clock.advance(by: .seconds(1))
            let fresh = await router.respond(to: post(body: "{\"count\":3}"))
            #expect(fresh.status == 201 && fresh.headers["Idempotent-Replayed"] == nil)
            #expect(await router.respond(to: post(body: "{\"count\":3}")).headers["Idempotent-Replayed"] == "true")
            #expect(world.runs.count == 2)
        }
    }

    @Test(arguments: TestEngine.all) func `what has expired is pruned and the rest stays`(_ engine: TestEngine)
        async throws
    {
        try await with(engine) { world async throws in
            let router = world.router()
            for number in 1...1005 { _ = await router.respond(to: post(key: "old-\(number)")) }
            world.clock.advance(by: .seconds(86_400))
            _ = await router.respond(to: post(key: "new"))
            let prune = PruneIdempotencyKeys(database: world.database, clock: world.clock)
            let removed = try await [prune.run(), prune.run()]
            #expect(removed == [1005, 0])
            #expect(await router.respond(to: post(key: "new")).headers["Idempotent-Replayed"] == "true")
        }
    }

    @Test(arguments: TestEngine.all) func `without its database a request with a key is not begun`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world async throws in
            let database = FailingDatabase(world.database)
            let router = world.router(database: database)
            database.script([true])
            let response = await router.respond(to: post())
            #expect(response.status == 503 && response.headers["Retry-After"] == "5")
            #expect(world.runs.count == 0)
            #expect(await router.respond(to: post()).status == 201)
        }
    }

    @Test(arguments: TestEngine.all) func `an answer that cannot be kept goes out all the same`(_ engine: TestEngine)
        async throws
    {
        try await with(engine) { world async throws in
            let database = FailingDatabase(world.database)
            let router = world.router(database: database)
            database.script([false, true])
            #expect(await router.respond(to: post()).status == 201)
            #expect(world.recorder.lines(of: "idempotency_not_settled").count == 1)
            #expect(await router.respond(to: post()).status == 409)
            world.clock.advance(by: .seconds(60))
            #expect(await router.respond(to: post()).status == 201)
            #expect(world.runs.count == 2)
        }
    }

    @Test(arguments: TestEngine.all)
    func `when the client leaves in the middle, the same request can be made again`(_ engine: TestEngine) async throws {
        try await with(engine) { world async throws in
            let router = world.router { run, _ in
                if run > 1 { return .text("well") }
                while !Task.isCancelled { await Task.yield() }
                throw CancellationError()
            }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = await router.respond(to: post()) }
                while world.runs.count == 0 { await Task.yield() }
                group.cancelAll()
            }
            // A cancelled task may not have been able to free the key; the lease does it at the latest.
            #expect([200, 409].contains(await router.respond(to: post()).status))
            world.clock.advance(by: .seconds(60))
            #expect(await router.respond(to: post()).body == Array("well".utf8))
            #expect(world.runs.count == 2)
        }
    }

    @Test func `requests that differ anywhere have different fingerprints`() {
        let requests = [
            HTTPRequest("POST", "/a"), HTTPRequest("PUT", "/a"), HTTPRequest("POST", "/b"), HTTPRequest("POST", "/a?x"),
            HTTPRequest("POST", "/a", body: [1]), HTTPRequest("POST", "/", body: Array("a".utf8)),
            HTTPRequest("POST", "/a?", body: Array("x".utf8)),
        ]
        #expect(Set(requests.map(IdempotencyMiddleware.fingerprint)).count == requests.count)
    }
}
