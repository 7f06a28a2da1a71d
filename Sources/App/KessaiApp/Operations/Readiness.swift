/// Asks the database for all who want to know at the same time: everybody may ask, as often as they like, and a database that
/// is slow must not have a line of such questions.
actor Readiness {
    private let ask: @Sendable () async throws -> Void
    /// Those who wait for the one who asks; nil when nobody does.
    private var waiting: [CheckedContinuation<Result<Void, any Error>?, Never>]?

    /// `ask` throws why there is nothing to serve with.
    init(ask: @escaping @Sendable () async throws -> Void) { self.ask = ask }

    /// Throws what `ask` throws. Who comes while another asks gets the same answer, unless that one is cancelled: then the next
    /// asks.
    func require() async throws {
        while waiting != nil {
            let answer = await withCheckedContinuation { continuation in waiting?.append(continuation) }
            if let answer { return try answer.get() }
        }
        waiting = []
        do {
            try await ask()
            tell(.success(()))
        } catch {
            tell(error is CancellationError ? nil : .failure(error))
            throw error
        }
    }

    /// How many wait for another's answer.
    var waitingCount: Int { waiting?.count ?? 0 }

    private func tell(_ answer: Result<Void, any Error>?) {
        let those = waiting ?? []
        waiting = nil
        for continuation in those { continuation.resume(returning: answer) }
    }
}
