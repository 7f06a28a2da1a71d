import Database
import HTTP
import JSON
import Kernel

/// The rows of keys and answers.
struct IdempotencyStore: Sendable {
    let database: any Database
    let clock: any WallClock
    let ids: IDGenerator
    let options: IdempotencyOptions
    /// Claims whose requests are over and whose rows could not be told so, because the database was away. The next
    /// request with a key brings them along; otherwise their repeats would wait for the lease.
    private let leftovers = Leftovers()

    init(database: any Database, clock: any WallClock, ids: IDGenerator, options: IdempotencyOptions) {
        self.database = database
        self.clock = clock
        self.ids = ids
        self.options = options
    }

    /// A request that is under way under a key. Only its holder can keep an answer or free the key.
    struct Claim: Sendable {
        let scope: String
        let key: String
        let token: String
    }

    enum Beginning: Sendable {
        case begun(Claim)
        case answered(HTTPResponse)
        case reused
        /// The first request is still under way; when to ask again.
        case inUse(wait: Duration)
    }

    /// Marks the request as under way, in a transaction of its own, or tells why not.
    func begin(scope: String, key: String, fingerprint: String) async throws -> Beginning {
        let claim = Claim(scope: scope, key: key, token: ids.uuid())
        let now = clock.now()
        let lockedUntil = now.adding(options.lease)
        let expiresAt = now.adding(options.retention)
        let leftovers = leftovers.take()
        do {
            return try await begin(claim, fingerprint, now, lockedUntil, expiresAt, releasing: leftovers)
        } catch {
            self.leftovers.add(leftovers)
            // The row may be there, and nobody works for it.
            if case DatabaseError.commitUnknown = error { self.leftovers.add([claim]) }
            throw error
        }
    }

    private func begin(
        _ claim: Claim, _ fingerprint: String, _ now: Timestamp, _ lockedUntil: Timestamp, _ expiresAt: Timestamp,
        releasing leftovers: [Claim]
    ) async throws -> Beginning {
        let (scope, key) = (claim.scope, claim.key)
        return try await database.write { [options] tx in
            for leftover in leftovers { try Self.release(leftover, tx) }
            let inserted = try tx.execute(
                """
                INSERT INTO idempotency_keys
                    (scope, idempotency_key, fingerprint, claim, locked_until_ms, expires_at_ms)
                VALUES (\(scope), \(key), \(fingerprint), \(claim.token), \(lockedUntil), \(expiresAt))
                ON CONFLICT (scope, idempotency_key) DO NOTHING
                """)
            if inserted == 1 { return .begun(claim) }
            let row = try tx.row(
                """
                SELECT fingerprint, locked_until_ms, status, headers, body, expires_at_ms FROM idempotency_keys
                WHERE scope = \(scope) AND idempotency_key = \(key)\(unsafe: tx.forUpdate)
                """)
            // Freed between the two statements: the client asks again in a moment.
            guard let row else { return .inUse(wait: .seconds(1)) }
            let keptUntil = try row.time("expires_at_ms")
            if keptUntil > now {
                guard try row.text("fingerprint") == fingerprint else { return .reused }
                guard let takenUntil = try row.timeOrNil("locked_until_ms") else {
                    return .answered(try Self.answer(row))
                }
                if takenUntil > now {
                    let age = options.retention - keptUntil.since(now)
                    return .inUse(wait: options.wait(age: age, left: takenUntil.since(now)))
                }
            }
            try tx.send(
                """
                UPDATE idempotency_keys SET fingerprint = \(fingerprint), claim = \(claim.token),
                    locked_until_ms = \(lockedUntil), expires_at_ms = \(expiresAt),
                    status = NULL, headers = NULL, body = NULL
                WHERE scope = \(scope) AND idempotency_key = \(key)
                """)
            return .begun(claim)
        }
    }

    /// Holds the key for another lease; false when it is no longer this request's.
    func renew(_ claim: Claim) async throws -> Bool {
        let lockedUntil = clock.now().adding(options.lease)
        return try await database.write { tx in
            try tx.execute(
                """
                UPDATE idempotency_keys SET locked_until_ms = \(lockedUntil)
                WHERE scope = \(claim.scope) AND idempotency_key = \(claim.key) AND claim = \(claim.token)
                    AND status IS NULL
                """) == 1
        }
    }

    /// Keeps the answer for the repeats; nothing when another has taken over meanwhile.
    func keep(_ claim: Claim, _ response: HTTPResponse) async throws {
        var headers = JSONObject()
        for name in Self.keptHeaders { headers[name] = response.headers[name].map { .string($0) } }
        let text = JSONValue.object(headers).text()
        _ = try await database.write { tx in
            try tx.send(
                """
                UPDATE idempotency_keys SET status = \(response.status), headers = \(text), body = \(response.body),
                    locked_until_ms = NULL
                WHERE scope = \(claim.scope) AND idempotency_key = \(claim.key) AND claim = \(claim.token)
                    AND status IS NULL
                """)
        }
    }

    /// Frees the key; nothing when another has taken over meanwhile.
    func release(_ claim: Claim) async throws {
        try await database.write { tx in try Self.release(claim, tx) }
    }

    /// Frees the key with one of the next requests, as it cannot be freed now.
    func releaseLater(_ claim: Claim) { leftovers.add([claim]) }

    private static func release(_ claim: Claim, _ tx: Transaction) throws {
        try tx.send(
            """
            DELETE FROM idempotency_keys
            WHERE scope = \(claim.scope) AND idempotency_key = \(claim.key) AND claim = \(claim.token)
                AND status IS NULL
            """)
    }

    private static let keptHeaders = ["Content-Type", "Location", "Cache-Control"]

    private static func answer(_ row: Row) throws -> HTTPResponse {
        var response = HTTPResponse(status: Int(try row.int("status")), body: try row.blob("body"))
        guard let headers = try JSONValue(parsing: Array(row.text("headers").utf8)).object else {
            throw DatabaseError.unexpectedColumn("headers")
        }
        for (name, value) in headers.members { response.headers[name] = value.string }
        response.headers["Idempotent-Replayed"] = "true"
        return response
    }
}
