import Database
import DatabaseTesting
import HTTP
import Identity
import JSON
import Kernel
import KernelTesting
import Testing

@testable import Idempotency

/// "Every POST takes an Idempotency-Key; a repeat returns the first answer, a different body under the same key is
/// refused."
@Suite struct IdempotencyKeyTests: IdempotencySuite {
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
    func `a request that stands still beyond its lease is taken over, and cannot answer for its successor`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world async throws in
            let successor = world.router { _, _ in .text("successor") }
            let router = world.router(clock: world.standing) { _, _ in
                world.clock.advance(by: .milliseconds(9_999))
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
            let router = world.router(clock: world.standing) { _, _ in
                world.clock.advance(by: .seconds(10))
                #expect(await successor.respond(to: post()).status == 200)
                throw Problem.unavailable("Later.")
            }
            #expect(await router.respond(to: post()).status == 503)
            #expect(await router.respond(to: post()).body == Array("successor".utf8))
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
            world.clock.advance(by: .seconds(10))
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
        #expect(Set(requests.map { IdempotencyMiddleware.fingerprint(of: $0, key: "k") }).count == requests.count)
    }
}
