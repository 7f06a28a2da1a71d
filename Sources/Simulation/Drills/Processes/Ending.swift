internal import ChildProcess

/// Does something and then, whatever became of it, `end`, also when the drill was asked to end meanwhile. What went wrong
/// first is thrown; what went wrong at the end is told with it.
func ending<Result: Sendable>(
    with end: @escaping @Sendable () async throws -> Void, _ body: () async throws -> Result
) async throws -> Result {
    let result: Result
    do { result = try await body() } catch {
        do { try await uncancelled(end) } catch let last { throw DrillFailure("\(error); and at the end: \(last)") }
        throw error
    }
    try await uncancelled(end)
    return result
}
