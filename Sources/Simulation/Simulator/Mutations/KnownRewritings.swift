private import Synchronization

/// What becomes of each statement, thought of once: the application has some hundred texts, and runs them millions of times.
final class KnownRewritings: Sendable {
    private let rewrite: @Sendable (String) -> Rewriting
    private let known = Mutex<[String: Rewriting]>([:])
    /// More than the application has; lists of values make texts of many lengths.
    private static let textsMax = 5_000

    /// `rewrite` must answer the same for the same text, as it is asked but once.
    init(_ rewrite: @escaping @Sendable (String) -> Rewriting) { self.rewrite = rewrite }

    /// What becomes of a statement.
    func rewriting(_ text: String) -> Rewriting {
        if let rewriting = known.withLock({ $0[text] }) { return rewriting }
        let rewriting = rewrite(text)
        known.withLock { known in
            if known.count < Self.textsMax { known[text] = rewriting }
        }
        return rewriting
    }
}
