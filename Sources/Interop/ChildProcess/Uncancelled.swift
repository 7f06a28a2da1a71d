/// Does something to its end in a task of its own, also when the task of the caller is cancelled: for ending what was begun.
/// Throws what `body` throws.
public func uncancelled<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await Task.detached { try await body() }.value
}
