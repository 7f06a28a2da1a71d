public import JSON

/// A webhook's acknowledgement.
public struct WebhookResponse: APIModel, Equatable {
    /// Always true: the event is stored.
    public let received: Bool
    /// `success`, also for what is ignored; `waiting` when it is applied later; `dead` when it cannot be read.
    public let status: String
    /// What became of it.
    public let actions: [Action]

    /// One thing that became of an event.
    public struct Action: APIModel, Equatable {
        /// A stable word.
        public let action: String
        /// `applied`, `ignored`, `waiting`, `dead` or `repeated`.
        public let result: String

        /// A thing that was done.
        public init(action: String, result: String) {
            self.action = action
            self.result = result
        }

        /// What it looks like.
        public static var schema: Schema {
            .object([.required("action", .string()), .required("result", .string())])
        }
    }

    /// An acknowledgement.
    public init(status: String, actions: [Action]) {
        received = true
        self.status = status
        self.actions = actions
    }

    /// What it looks like.
    public static var schema: Schema {
        .named(
            "WebhookAnswer",
            .object([
                .required("received", .boolean), .required("status", .string()),
                .required("actions", .array(Action.schema)),
            ]))
    }
}
