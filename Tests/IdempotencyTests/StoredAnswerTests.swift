import Database
import DatabaseTesting
import HTTP
import Idempotency
import Identity
import JSON
import Kernel
import KernelTesting
import Testing

/// Which answers are kept, and what of them.
@Suite struct StoredAnswerTests: IdempotencySuite {
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

    @Test(arguments: TestEngine.all) func `without its database a request with a key is not begun`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world async throws in
            let database = FailingDatabase(world.database)
            let router = world.router(database: database)
            database.script([.fails])
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
            database.script([.works, .fails])
            #expect(await router.respond(to: post()).status == 201)
            #expect(world.recorder.lines(of: "idempotency_not_settled").count == 1)
            // The next one with a key frees what could not be freed; here it is the repeat itself.
            #expect(await router.respond(to: post()).status == 201)
            #expect(world.runs.count == 2)
            #expect(await router.respond(to: post()).headers["Idempotent-Replayed"] == "true")
        }
    }

    /// An outage: a request begins, the database goes, and neither its end nor a new beginning can be written.
    @Test(arguments: TestEngine.all) func `a repeat after an outage does not wait for the lease, on any node`(
        _ engine: TestEngine
    ) async throws {
        struct Fault: Error {}
        try await with(engine) { world async throws in
            let database = FailingDatabase(world.database)
            let node = world.router(database: database) { run, _ in
                if run == 1 { throw Fault() }
                return .text("well")
            }
            let other = world.router()
            database.script([.works, .fails, .fails])
            #expect(await node.respond(to: post(key: "interrupted")).status == 500)
            #expect(await node.respond(to: post(key: "not-begun")).status == 503)
            // Another node cannot know, and asks to come again.
            #expect(await other.respond(to: post(key: "interrupted")).status == 409)
            #expect(await node.respond(to: post(key: "not-begun")).status == 200)
            #expect(await other.respond(to: post(key: "interrupted")).status == 201)
        }
    }

    @Test(arguments: TestEngine.all) func `a beginning whose commit is unknown holds no key`(_ engine: TestEngine)
        async throws
    {
        try await with(engine) { world async throws in
            let database = FailingDatabase(world.database)
            let router = world.router(database: database)
            database.script([.commitIsUnknown])
            let response = await router.respond(to: post())
            #expect(response.status == 503 && response.headers["Retry-After"] == "5")
            #expect(world.runs.count == 0)
            #expect(await router.respond(to: post()).status == 201)
            #expect(world.runs.count == 1)
        }
    }

    /// `kill -9`: nobody is left to free the key.
    @Test(arguments: TestEngine.all) func `a repeat of a lost process's request waits for the lease`(
        _ engine: TestEngine
    )
        async throws
    {
        try await with(engine) { world async throws in
            let database = FailingDatabase(world.database)
            database.script([.works, .fails])
            #expect(await world.router(database: database).respond(to: post()).status == 201)
            let other = world.router()
            #expect(await other.respond(to: post()).status == 409)
            world.clock.advance(by: .seconds(10))
            #expect(await other.respond(to: post()).status == 201)
            #expect(world.runs.count == 2)
        }
    }
}
