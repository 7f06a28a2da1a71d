private import JSON

/// What a job is told: ids, never payloads or personal data, because jobs are listed to operators.
///
/// Stored as JSON with its members sorted. A later version of the program must still read what an earlier one stored:
/// add optional members only, or give the changed job a new kind.
public protocol JobArguments: Codable, Sendable {
    /// The stable name of this kind of job, `payments.apply_event`; at most 100 bytes.
    static var kind: String { get }
}

/// Why a job or message could not be stored.
public enum JobsError: Error, Equatable {
    /// The arguments are no JSON of at most `JobLimits.argumentsBytesMax` bytes.
    case argumentsNotStorable
    /// A kind, channel, key or subject is empty or longer than `JobLimits.nameBytesMax`.
    case nameNotValid
    /// There is no such job.
    case jobNotFound
    /// The job is not a dead letter, so there is nothing to replay.
    case jobNotDead
    /// `JobRunner.runDue` did `JobLimits.runDueMax` jobs: one of them makes work without end.
    case endless
}

/// What jobs may be at most (law 14).
public enum JobLimits {
    /// The most that a job's arguments may have, in bytes of JSON.
    public static let argumentsBytesMax = 64 << 10
    /// The most that an outbox message may have, in bytes of JSON.
    public static let messageBytesMax = 512 << 10
    /// The most that a kind, key or subject may have, in bytes.
    public static let nameBytesMax = 255
    /// The most that is kept of an error's words, in bytes.
    public static let errorBytesMax = 500
    /// The most jobs that one `runDue` does.
    public static let runDueMax = 100_000
}

/// JSON of arguments and messages: equal values give equal text.
enum JobCoding {
    static func encode(_ value: some Encodable, bytesMax: Int) throws(JobsError) -> String {
        let text: String
        do {
            text = try JSONValue(encoding: value).sorted.text()
        } catch {
            throw .argumentsNotStorable
        }
        guard text.utf8.count <= bytesMax else { throw .argumentsNotStorable }
        return text
    }

    static func decode<Value: Decodable>(_: Value.Type, _ text: String) throws -> Value {
        try JSONValue(parsing: text).decoded()
    }

    static func requireName(_ name: String?) throws(JobsError) {
        guard let name else { return }
        guard (1...JobLimits.nameBytesMax).contains(name.utf8.count) else { throw .nameNotValid }
    }
}
