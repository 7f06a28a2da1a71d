public import JSON

/// The end of a reconciliation: every charge and refund of a period at Stripe against exactly one row here.
public struct ReconciliationStatementDTO: APIModel, Equatable {
    /// The run's id.
    public let id: String
    /// Charges and refunds that Stripe made from here on.
    public let since: TimeDTO
    /// … and before here.
    public let until: TimeDTO
    /// When it was drawn up.
    public let finishedAt: TimeDTO
    /// Whether nothing was changed.
    public let dryRun: Bool
    /// Whether there is no difference.
    public let balanced: Bool
    /// Everything, by kind and currency.
    public let lines: [ReconciliationLineDTO]
    /// What does not fit, at most 100; the lines count all.
    public let differences: [ReconciliationDifferenceDTO]
    /// What is not ours.
    public let notOurs: [ReconciliationForeignDTO]
    /// What was done, by a stable word.
    public let actions: [String: Int64]
    /// How many objects were read.
    public let objects: Int64

    /// A statement of these parts.
    public init(
        id: String, since: TimeDTO, until: TimeDTO, finishedAt: TimeDTO, dryRun: Bool, balanced: Bool,
        lines: [ReconciliationLineDTO], differences: [ReconciliationDifferenceDTO],
        notOurs: [ReconciliationForeignDTO], actions: [String: Int64], objects: Int64
    ) {
        self.id = id
        self.since = since
        self.until = until
        self.finishedAt = finishedAt
        self.dryRun = dryRun
        self.balanced = balanced
        self.lines = lines
        self.differences = differences
        self.notOurs = notOurs
        self.actions = actions
        self.objects = objects
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "ReconciliationStatement",
            .object([
                .required("id", .uuid), .required("since", .time), .required("until", .time),
                .required("finished_at", .time), .required("dry_run", .boolean), .required("balanced", .boolean),
                .required("lines", .array(ReconciliationLineDTO.schema)),
                .required("differences", .array(ReconciliationDifferenceDTO.schema, count: 0...100)),
                .required("not_ours", .array(ReconciliationForeignDTO.schema)),
                .required("actions", .dictionary(.integer())), .required("objects", .integer()),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case id, since, until, balanced, lines, differences, actions, objects
        case finishedAt = "finished_at"
        case dryRun = "dry_run"
        case notOurs = "not_ours"
    }
}

/// Something that reconciliation found and cannot decide.
public struct ReconciliationFindingDTO: APIModel, Equatable {
    /// Our id of it.
    public let id: String
    /// `charge`, `refund`, `dispute` or `payment_intent`.
    public let subject: String
    /// A stable word: what does not fit.
    public let kind: String
    /// Stripe's id.
    public let stripeID: String
    /// The order, where one is named.
    public let orderID: String?
    /// How much it is about.
    public let amount: MoneyDTO
    /// When the object was made, or the row.
    public let occurredAt: TimeDTO
    /// Since when it is open.
    public let firstSeenAt: TimeDTO
    /// Which run saw it last.
    public let lastSeenAt: TimeDTO

    /// A finding of these parts.
    public init(
        id: String, subject: String, kind: String, stripeID: String, orderID: String?, amount: MoneyDTO,
        occurredAt: TimeDTO, firstSeenAt: TimeDTO, lastSeenAt: TimeDTO
    ) {
        self.id = id
        self.subject = subject
        self.kind = kind
        self.stripeID = stripeID
        self.orderID = orderID
        self.amount = amount
        self.occurredAt = occurredAt
        self.firstSeenAt = firstSeenAt
        self.lastSeenAt = lastSeenAt
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "ReconciliationFinding",
            .object([
                .required("id", .uuid), .required("subject", .string(length: 1...50)),
                .required("kind", .string(length: 1...100)), .required("stripe_id", .string(length: 1...255)),
                .required("order_id", .nullable(.string(length: 1...100))), .required("amount", .money),
                .required("occurred_at", .time), .required("first_seen_at", .time), .required("last_seen_at", .time),
            ]))
    }

    private enum CodingKeys: String, CodingKey {
        case id, subject, kind, amount
        case stripeID = "stripe_id"
        case orderID = "order_id"
        case occurredAt = "occurred_at"
        case firstSeenAt = "first_seen_at"
        case lastSeenAt = "last_seen_at"
    }
}

/// The state of reconciliation.
public struct ReconciliationResponse: APIModel, Equatable {
    /// The latest statements, newest first, at most 24.
    public let statements: [ReconciliationStatementDTO]
    /// What is open, oldest first, at most 100.
    public let findings: [ReconciliationFindingDTO]

    /// A state of these parts.
    public init(statements: [ReconciliationStatementDTO], findings: [ReconciliationFindingDTO]) {
        self.statements = statements
        self.findings = findings
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "Reconciliation",
            .object([
                .required("statements", .array(ReconciliationStatementDTO.schema, count: 0...24)),
                .required("findings", .array(ReconciliationFindingDTO.schema, count: 0...100)),
            ]))
    }
}
