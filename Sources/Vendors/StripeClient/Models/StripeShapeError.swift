/// An object of Stripe's that does not look as any known version says. Names the field, never its value.
public struct StripeShapeError: Error, Equatable, CustomStringConvertible {
    /// What is wrong with the field.
    public enum Problem: String, Sendable {
        /// The text is not JSON.
        case notJSON = "is not JSON"
        /// A field that we rely on is absent or null.
        case missing = "is missing"
        /// A field is of another type: money that is no whole number, for one (law 9).
        case wrongType = "has another type"
    }

    /// The object: `payment_intent`.
    public let object: String
    /// The field; empty for the object itself.
    public let field: String
    /// What is wrong with it.
    public let problem: Problem

    /// A problem of one field.
    public init(object: String, field: String, problem: Problem) {
        self.object = object
        self.field = field
        self.problem = problem
    }

    /// `payment_intent.amount has another type`.
    public var description: String { (field.isEmpty ? object : "\(object).\(field)") + " " + problem.rawValue }
}
