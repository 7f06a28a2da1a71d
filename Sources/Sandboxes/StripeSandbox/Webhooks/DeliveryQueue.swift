import Kernel

/// The deliveries that wait and those that ended.
struct DeliveryQueue: Sendable {
    /// The most that wait; beyond it new ones are lost (law 14).
    static let pendingMax = 100_000

    private var waiting: [Int: Delivery] = [:]
    /// Ids by time and order, the next at the end.
    private var line: [(due: Timestamp, order: Int, id: Int)] = []
    private(set) var history: BoundedList<Delivery>
    private var lastID = 0

    init(historyMax: Int) { history = BoundedList(countMax: historyMax) }

    /// When the next is due.
    var next: Timestamp? { line.last?.due }
    /// Those that have not ended, in the order they were made.
    var open: [Delivery] { waiting.values.sorted { $0.id < $1.id } }

    /// A new delivery, or what a fault makes of it.
    mutating func add(_ eventID: String, type: String, to endpointID: String, due: Timestamp, _ fault: EventFault?) {
        let copies = fault?.kind == .repeatEvents ? 2 : 1
        for _ in 0..<copies {
            lastID += 1
            var delivery = Delivery(
                id: lastID, eventID: eventID, type: type, endpointID: endpointID, firstDue: due, due: due,
                order: lastID, status: .pending)
            switch fault?.kind {
            case .holdEvents: delivery.status = .held
            case .loseEvents: delivery.status = .lost
            // The later overtakes the earlier among those of one time.
            case .reorderEvents: delivery.order = -lastID
            case .delayEvents, .repeatEvents, nil: break
            // Only requests meet these.
            case .dropAnswer, .dropBefore, .delay, .rateLimit, .lockTimeout, .keyInUse, .notFound, .serverError,
                .outage:
                break
            }
            if let delay = fault?.delay { delivery.due = due.adding(delay) }
            if waiting.count >= Self.pendingMax { delivery.status = .lost }
            put(delivery)
        }
    }

    /// Sends an event once more, from now.
    mutating func resend(_ eventID: String, type: String, to endpointID: String, at now: Timestamp) {
        add(eventID, type: type, to: endpointID, due: now, nil)
    }

    /// Takes the next that is due.
    mutating func take(at now: Timestamp) -> Delivery? {
        while let last = line.last, last.due <= now {
            line.removeLast()
            // What was stopped or moved meanwhile is no longer as it stood in line.
            guard var delivery = waiting[last.id], delivery.status == .pending, delivery.due == last.due else {
                continue
            }
            delivery.status = .sending
            waiting[delivery.id] = delivery
            return delivery
        }
        return nil
    }

    /// Puts back what was taken, ended or with a new time.
    mutating func put(_ delivery: Delivery) {
        switch delivery.status {
        case .pending:
            waiting[delivery.id] = delivery
            line.insert((delivery.due, delivery.order, delivery.id), at: place(of: delivery))
        case .held, .sending: waiting[delivery.id] = delivery
        case .delivered, .failed, .lost:
            waiting[delivery.id] = nil
            history.append(delivery)
        }
    }

    private func place(of delivery: Delivery) -> Int {
        var range = line.startIndex..<line.endIndex
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let isLater = (line[middle].due, line[middle].order) >= (delivery.due, delivery.order)
            range = isLater ? (middle + 1)..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }

    /// Whether it is still wanted; false when its endpoint was disabled or deleted while it was under way.
    func isOpen(_ id: Int) -> Bool { waiting[id] != nil }

    /// Lets the held ones go, all due now in the order they were made. Answers how many.
    mutating func release(at now: Timestamp) -> Int {
        let held = open.filter { $0.status == .held }
        for var delivery in held {
            delivery.status = .pending
            delivery.due = now
            put(delivery)
        }
        return held.count
    }

    /// Ends what waits for an endpoint.
    mutating func stop(_ endpointID: String) {
        for var delivery in open where delivery.endpointID == endpointID {
            delivery.status = .failed
            put(delivery)
        }
    }
}
