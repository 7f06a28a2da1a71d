public import JSON

/// Which part of a list is asked for. Stripe lists the newest first.
public struct StripePage<Element>: Sendable, Equatable {
    /// How many elements at most: 1 to 100; other values are brought into that range.
    public var limit: Int
    /// Only what comes after this element, that is, what is older.
    public var startingAfter: StripeID<Element>?
    /// Only what comes before this element. Stripe takes only one of the two.
    public var endingBefore: StripeID<Element>?

    /// A part of a list; by default the newest ten.
    public init(limit: Int = 10, startingAfter: StripeID<Element>? = nil, endingBefore: StripeID<Element>? = nil) {
        self.limit = min(max(limit, 1), 100)
        self.startingAfter = startingAfter
        self.endingBefore = endingBefore
    }
}

/// A part of a list.
public struct StripeList<Element: StripeObject>: Sendable, Equatable {
    /// The elements, newest first.
    public let data: [Element]
    /// Whether there is more in the direction that was asked.
    public let hasMore: Bool

    /// A part of these elements.
    public init(data: [Element], hasMore: Bool) {
        self.data = data
        self.hasMore = hasMore
    }

    /// The page of older elements behind this one; nil at the end.
    public func next(limit: Int = 10) -> StripePage<Element>? {
        guard hasMore, let last = data.last else { return nil }
        return StripePage(limit: limit, startingAfter: last.id)
    }
}

/// An object of Stripe's that this client reads.
public protocol StripeObject: Sendable, Equatable {
    /// Its id.
    var id: StripeID<Self> { get }
    /// Reads any version's shape. Throws `StripeShapeError` when a field that we rely on is missing or of another type.
    init(json: JSONValue) throws(StripeShapeError)
}
