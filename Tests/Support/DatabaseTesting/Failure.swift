/// The error that `body` throws, or nil. A test that works in a closure uses it instead of a closure within `#expect`:
/// with several of these in one closure Swift 6.3 runs the body of another one.
public func failure<R>(_ body: () async throws -> R) async -> (any Error)? {
    do {
        _ = try await body()
        return nil
    } catch { return error }
}

/// The error that `body` throws, or nil, where nothing can be awaited.
public func failureNow<R>(_ body: () throws -> R) -> (any Error)? {
    do {
        _ = try body()
        return nil
    } catch { return error }
}
