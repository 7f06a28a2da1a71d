public import JSON

/// A job that was given up.
public struct DeadLetterResponse: APIModel, Equatable {
    /// The job's id.
    public let id: String
    /// What kind of work it is.
    public let kind: String
    /// What it is about; an order's id, mostly.
    public let subject: String?
    /// How many times it was tried.
    public let attempts: Int64
    /// What went wrong the last time.
    public let error: String?
    /// When the job was made.
    public let createdAt: TimeDTO

    /// A dead letter of these parts.
    public init(id: String, kind: String, subject: String?, attempts: Int64, error: String?, createdAt: TimeDTO) {
        self.id = id
        self.kind = kind
        self.subject = subject
        self.attempts = attempts
        self.error = error
        self.createdAt = createdAt
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "DeadLetter",
            .object([
                .required("id", .uuid), .required("kind", .string()), .required("subject", .nullable(.string())),
                .required("attempts", .integer(0...1000)), .required("error", .nullable(.string(multiline: true))),
                .required("created_at", .time),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case id, kind, subject, attempts, error
        case createdAt = "created_at"
    }
}
