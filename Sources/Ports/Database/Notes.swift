public import Kernel

/// What a transaction would log. It is written once the transaction is durable: a closure that runs again, or a commit
/// that fails, leaves no line about something that did not happen, or twice about what happened once.
public final class Notes {
    /// A line that waits for the commit.
    public struct Note: Sendable {
        let level: Log.Level
        let event: String
        let fields: [(String, Log.Value)]
    }

    /// The lines so far.
    public private(set) var lines: [Note] = []

    /// Nothing noted yet.
    public init() {}

    /// What happened.
    public func info(_ event: String, _ fields: KeyValuePairs<String, Log.Value>) { note(.info, event, fields) }
    /// Business that went against somebody (law 12).
    public func warning(_ event: String, _ fields: KeyValuePairs<String, Log.Value>) { note(.warning, event, fields) }

    /// A fault of ours.
    public func error(_ event: String, _ fields: KeyValuePairs<String, Log.Value>) { note(.error, event, fields) }

    /// Adds what a savepoint noted that was kept.
    public func append(_ other: Notes) { lines += other.lines }

    private func note(_ level: Log.Level, _ event: String, _ fields: KeyValuePairs<String, Log.Value>) {
        lines.append(Note(level: level, event: event, fields: fields.map { ($0.key, $0.value) }))
    }
}

extension Database {
    /// As `write`; what `body` notes is logged when it is durable, and not at all when it is not.
    public func write<Result: Sendable>(
        loggingTo log: Log, _ body: @escaping @Sendable (Transaction, Notes) throws -> Result
    ) async throws -> Result {
        let (result, notes) = try await write { tx in
            let notes = Notes()
            let result = try body(tx, notes)
            return (result, notes.lines)
        }
        for note in notes { log.log(note.level, note.event, note.fields) }
        return result
    }
}
