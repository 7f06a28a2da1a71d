/// A history: keeps the newest, forgets the oldest (law 14).
struct BoundedList<Element: Sendable>: Sendable {
    private var elements: [Element] = []
    private let countMax: Int

    init(countMax: Int) { self.countMax = countMax }

    var count: Int { elements.count }
    /// In the order of arrival.
    var all: ArraySlice<Element> { elements.suffix(countMax) }

    mutating func append(_ element: Element) {
        elements.append(element)
        // Half as much again may stand here, so that the shift is paid once in a while and not each time.
        if elements.count > countMax + countMax / 2 { elements.removeFirst(elements.count - countMax) }
    }

    mutating func removeAll() { elements = [] }
}
