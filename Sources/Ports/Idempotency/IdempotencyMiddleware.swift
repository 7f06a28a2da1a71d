private import Crypto
public import Database
public import HTTP
private import Identity
public import Kernel

/// Answers a repeated POST with its first answer.
///
/// A client that got no answer sends the same request under the same `Idempotency-Key` again, and gets the first
/// answer with `Idempotent-Replayed: true`. Only routes that repeat by stored answer are concerned, and only requests
/// that bring a key; routes whose answer is a secret (a log-in) should declare themselves harmless to repeat.
///
/// - A key belongs to the account that asks. Without an account it belongs to the route, and since an answer is given
///   only for the very same body, a stranger would have to know that too.
/// - The same key with another method, path, query or body: 422 `idempotency_key_reused`. Bodies are compared byte by
///   byte.
/// - The first request is still under way: 409 `idempotency_key_in_use` with `Retry-After`. It shows that it lives by
///   renewing its hold on the key. When it has not for longer than the lease, it is taken for lost (its process died, or
///   its client left and took the task along) and the repeat runs, which is safe because every handler is safe to repeat,
///   also beside itself: a key here saves work and keeps the answer, the guards against double charging are further in.
/// - Kept are the answers that say what became of the request: 2xx, 3xx, 402, 410, 412, 422 and 451. Everything else
///   (bad input, no permission, not found, conflict, too many requests, faults of ours) either happened before
///   anything was done or will pass, and the same key may be used to try again. Answers with a cookie or a body that
///   is too large are not kept either.
public struct IdempotencyMiddleware: Middleware {
    private let store: IdempotencyStore
    private let options: IdempotencyOptions

    /// Keeps answers in `database`.
    public init(
        database: any Database, clock: any WallClock, ids: IDGenerator, options: IdempotencyOptions = .init()
    ) {
        store = IdempotencyStore(database: database, clock: clock, ids: ids, options: options)
        self.options = options
    }

    /// Answers from the store, or by `next`. Throws `Problem` for a key that cannot be used, and what `next` throws.
    public func respond(to context: RequestContext, next: Route.Handler) async throws -> HTTPResponse {
        guard context.request.head.method == "POST", case .storedAnswer = context.route.repeats else {
            return try await next(context)
        }
        let keys = context.request.head.headers.values("Idempotency-Key")
        guard let key = keys.first else { return try await next(context) }
        guard keys.count == 1, Self.isFit(key) else { throw Problem.idempotencyKeyNotValid }
        let claim: IdempotencyStore.Claim
        switch try await begin(context, key: key) {
        case .begun(let begun): claim = begun
        case .answered(let response): return response
        case .reused: throw Problem.idempotencyKeyReused
        case .inUse(let wait): throw Problem.idempotencyKeyInUse(wait: wait)
        }
        var context = context
        context.requestKey = Hex.encode(
            Digest.sha256(Array((claim.key + Self.fingerprint(of: context.request, key: key)).utf8)))
        do {
            let response = try await held(claim, context, next)
            await settle(claim, response, context)
            return response
        } catch let error as any ProblemConvertible {
            await settle(claim, error.problem.response(requestID: context.requestID), context)
            throw error
        } catch {
            await settle(claim, nil, context)
            throw error
        }
    }

    /// The request, beside which its hold on the key is renewed.
    private func held(
        _ claim: IdempotencyStore.Claim, _ context: RequestContext, _ next: Route.Handler
    ) async throws -> HTTPResponse {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [store, options] in
                await LeaseKeeper(store: store, options: options, log: context.log).keep(claim)
            }
            defer { group.cancelAll() }
            return try await next(context)
        }
    }

    private func begin(_ context: RequestContext, key: String) async throws -> IdempotencyStore.Beginning {
        do {
            return try await store.begin(
                scope: Self.scope(of: context), key: Self.hash(of: key, scope: Self.scope(of: context)),
                fingerprint: Self.fingerprint(of: context.request, key: key))
        } catch let error as DatabaseError {
            context.log.error("idempotency_not_available", ["error": .string("\(error)")])
            throw Problem.unavailable("The request was not begun; send it again with the same key.")
        }
    }

    /// Keeps the answer, or frees the key. When that fails the answer goes out all the same: the request is done, the
    /// key is freed as soon as the database is back (or when the lease is over), and a repeat does it again, which is
    /// safe.
    private func settle(_ claim: IdempotencyStore.Claim, _ response: HTTPResponse?, _ context: RequestContext) async {
        do {
            if let response, Self.isKept(response, bodyBytesMax: options.bodyBytesMax) {
                try await store.keep(claim, response)
            } else {
                try await store.release(claim)
            }
        } catch {
            let kind = (error as? DatabaseError).map { "\($0)" } ?? "\(type(of: error))"
            context.log.error("idempotency_not_settled", ["error": .string(kind)])
            store.releaseLater(claim)
        }
    }

    static func isKept(_ response: HTTPResponse, bodyBytesMax: Int) -> Bool {
        guard response.stream == nil, response.body.count <= bodyBytesMax, response.headers["Set-Cookie"] == nil else {
            return false
        }
        return (200..<400).contains(response.status) || [402, 410, 412, 422, 451].contains(response.status)
    }

    /// 1 to 255 visible characters of ASCII.
    static func isFit(_ key: String) -> Bool {
        (1...255).contains(key.utf8.count) && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    static func scope(of context: RequestContext) -> String {
        if let principal = context.principal { return "user \(principal.userID)" }
        return "anyone \(context.route.method) \(context.route.path)"
    }

    /// What is stored in the key's stead. The key itself is not kept, so that who reads the database cannot guess a body
    /// (a password may be in it) by its fingerprint.
    static func hash(of key: String, scope: String) -> String {
        Hex.encode(Digest.sha256(Array("\(scope)\n\(key)".utf8)))
    }

    /// HMAC-SHA-256 under the key over what makes a request the same request, each part with its length before it.
    static func fingerprint(of request: HTTPRequest, key: String) -> String {
        var bytes: [UInt8] = []
        for part in [Array(request.head.method.utf8), Array(request.head.path.utf8), Array(request.head.query.utf8)] {
            bytes += Array("\(part.count):".utf8) + part
        }
        return Hex.encode(Digest.hmacSHA256(key: Array(key.utf8), bytes + request.body))
    }
}

extension Problem {
    static var idempotencyKeyNotValid: Problem {
        Problem(
            status: 400, code: "idempotency_key_not_valid",
            detail: "Send one Idempotency-Key of 1 to 255 visible ASCII characters, such as a UUID.")
    }

    static var idempotencyKeyReused: Problem {
        Problem(
            status: 422, code: "idempotency_key_reused",
            detail: "This Idempotency-Key was used for another request. A repeat must be the same to the byte; "
                + "send a new request with a new key.")
    }

    static func idempotencyKeyInUse(wait: Duration) -> Problem {
        Problem(
            status: 409, code: "idempotency_key_in_use",
            detail: "The first request with this Idempotency-Key is still under way; ask again after Retry-After.",
            headers: ["Retry-After": String(wait.milliseconds / 1000)])
    }
}
