internal import Kernel
private import Synchronization

/// What is being done, for the counts and for faults that wait for it.
enum Activity {
    /// A request's method and path, an event's type, a job's kind (`job:payments.sweep`), or `process`: what the
    /// application does by itself, such as claiming jobs.
    @TaskLocal static var current = "process"
}

/// The misfortunes of a history that are still to come, and how often each point was passed and each struck.
final class FaultBoard: Sendable {
    private struct State {
        var waiting: [PlannedFault]
        var turns: [String: Int] = [:]
        var coverage = Coverage()
        var isCalm = false
    }
    private let state: Mutex<State>
    private let trace: Trace

    init(_ faults: [PlannedFault], trace: Trace) {
        state = Mutex(State(waiting: faults))
        self.trace = trace
    }

    /// Passes a point; returns what strikes here and now, at most one thing.
    func pass(_ point: Point, _ activity: String = Activity.current) -> Fault? {
        let fault = state.withLock { state -> Fault? in
            if state.isCalm { return nil }
            let place = "\(point.rawValue) \(activity)"
            state.turns[point.rawValue, default: 0] += 1
            state.turns[place, default: 0] += 1
            let (anyTurn, ownTurn) = (state.turns[point.rawValue] ?? 0, state.turns[place] ?? 0)
            state.coverage.passed(point, activity)
            let index = state.waiting.firstIndex { planned in
                guard planned.fault.point == point else { return false }
                guard let wanted = planned.activity else { return planned.turn <= anyTurn }
                return wanted == activity && planned.turn <= ownTurn
            }
            guard let index else { return nil }
            let fault = state.waiting.remove(at: index).fault
            // Those of commits strike later, or not at all where the transaction fails by itself.
            if point != .commit { state.coverage.struck(fault, activity) }
            return fault
        }
        if let fault { trace.tell("  ! \(fault.rawValue) in \(activity)") }
        return fault
    }

    /// A misfortune of a commit came about.
    func struck(_ fault: Fault, _ activity: String = Activity.current) {
        state.withLock { $0.coverage.struck(fault, activity) }
    }

    /// Something that the weather did, for the counts.
    func count(_ weather: String) { state.withLock { $0.coverage.weather[weather, default: 0] += 1 } }

    /// Nothing strikes any more.
    func calm() { state.withLock { $0.isCalm = true } }

    var coverage: Coverage { state.withLock { $0.coverage } }
}
