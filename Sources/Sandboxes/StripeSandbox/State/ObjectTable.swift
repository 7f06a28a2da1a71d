import JSON

/// What every object of the API has.
protocol StripeObject: Sendable {
    /// The value of its `object` field: `customer`.
    static var objectName: String { get }
    var id: String { get }
    /// Seconds since the epoch.
    var created: Int64 { get }
    /// The object in the newest shape, its references as ids.
    var json: JSONObject { get }
}

/// The objects of one kind in the order of their creation, found by id.
struct ObjectTable<Element: StripeObject>: Sendable {
    private var rows: [Element?] = []
    private var indices: [String: Int] = [:]
    private let objectsMax: Int

    init(objectsMax: Int) { self.objectsMax = objectsMax }

    var count: Int { indices.count }

    /// Throws when so many more do not fit (law 14): nothing is dropped silently.
    func requireRoom(for count: Int = 1) throws(StripeError) {
        guard rows.count + count <= objectsMax else {
            var error = StripeError.invalidRequest(
                "The sandbox holds its limit of \(objectsMax) \(Element.objectName)s; reset it.", code: "rate_limit",
                status: 429)
            error.isKept = false
            throw error
        }
    }

    /// Keeps a new object.
    mutating func insert(_ element: Element) {
        indices[element.id] = rows.count
        rows.append(element)
    }

    /// The object of an id. Setting one that is there replaces it; setting nil forgets it.
    subscript(_ id: String) -> Element? {
        get { indices[id].flatMap { rows[$0] } }
        set {
            guard let index = indices[id] else { return }
            rows[index] = newValue
            if newValue == nil { indices[id] = nil }
        }
    }

    /// The newest first.
    var newestFirst: some Sequence<Element> { rows.reversed().lazy.compactMap { $0 } }

    /// Forgets the oldest beyond `count`, for what is history and not money.
    mutating func trim(to count: Int) {
        let surplus = rows.count - count
        // In large steps, because the indices are rebuilt.
        guard surplus > count / 4 else { return }
        rows.removeFirst(surplus)
        indices = [:]
        for (index, row) in rows.enumerated() { if let row { indices[row.id] = index } }
    }
}
