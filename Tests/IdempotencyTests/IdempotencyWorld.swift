import Database
import DatabaseTesting
import HTTP
import Idempotency
import Identity
import JSON
import Kernel
import KernelTesting
import Synchronization

/// A server with one handler that counts its runs and answers from a script.
struct IdempotencyWorld: Sendable {
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
        database: (any Database)? = nil, clock: (any WallClock)? = nil,
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
                IdempotencyMiddleware(database: database ?? self.database, clock: clock ?? self.clock, ids: ids)
            ], log: recorder.log(clock: self.clock))
    }

    /// A clock by which nobody ever wakes, as in a process that stands still.
    var standing: any WallClock { StandingClock(clock: clock) }
}

private struct StandingClock: WallClock {
    let clock: ManualClock
    func now() -> Timestamp { clock.now() }
    func sleep(for duration: Duration) async throws { try await clock.sleep(for: .seconds(1_000_000)) }
}

final class Counter: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func next() -> Int {
        value.withLock {
            $0 += 1
            return $0
        }
    }
}

/// Holds whoever passes until it is opened.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state -> Bool in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

struct Users: Authenticator {
    func principal(bearerToken: String) async throws -> Principal? {
        Principal(userID: bearerToken, role: .buyer)
    }
}

/// A database whose next writes fail.
final class FailingDatabase: Database {
    /// What becomes of a write.
    enum Fate: Sendable { case works, fails, commitIsUnknown }

    let inner: any Database
    private let left = Mutex<[Fate]>([])
    private let failures = Mutex(0)
    /// How many writes failed.
    var failureCount: Int { failures.withLock { $0 } }
    init(_ inner: any Database) { self.inner = inner }
    var dialect: SQLDialect { inner.dialect }
    /// What becomes of each write to come.
    func script(_ fates: [Fate]) { left.withLock { $0 = fates } }
    func write<R: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> R) async throws -> R {
        let fate = left.withLock { $0.isEmpty ? .works : $0.removeFirst() }
        if fate == .fails {
            failures.withLock { $0 += 1 }
            throw DatabaseError.unavailable(reason: "gone")
        }
        let result = try await inner.write(body)
        if fate == .commitIsUnknown { throw DatabaseError.commitUnknown }
        return result
    }
    func read<R: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> R) async throws -> R {
        try await inner.read(body)
    }
    func wait(forNotification channel: String, timeout: Duration) async throws {}
    func close() async {}
}

/// What every suite of stored answers does.
protocol IdempotencySuite {}

extension IdempotencySuite {
    func with(_ engine: TestEngine, _ body: (IdempotencyWorld) async throws -> Void) async throws {
        let clock = ManualClock()
        try await withDatabase(engine, migrations: IdempotencySchema.migrations, clock: clock) { database in
            try await body(IdempotencyWorld(database, clock))
        }
    }

    func post(key: String? = "k", body: String = "{}", user: String? = nil, query: String = "") -> HTTPRequest {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        headers["Idempotency-Key"] = key
        if let user { headers["Authorization"] = "Bearer \(user)" }
        return HTTPRequest("POST", "/orders" + query, headers: headers, body: Array(body.utf8))
    }

    func code(_ response: HTTPResponse) -> String? {
        // What is no JSON has no code.
        (try? JSONValue(parsing: response.body))?["code"]?.string
    }
}
