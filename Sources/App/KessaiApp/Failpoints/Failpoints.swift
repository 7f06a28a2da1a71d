internal import HTTP
internal import Jobs
private import Synchronization

/// The failpoints of one process, and how often each was passed.
///
/// They stand in decorators of the ports, which the composition puts in place only where there are failpoints: without
/// them nothing is passed, counted or asked.
public final class Failpoints: Sendable {
    let planned: [Failpoint]
    private let counts: Mutex<[Int]>
    private let kill: @Sendable (_ name: String) -> Void

    /// Failpoints. `kill` ends the process at once; it gets the point and the activity, `commit.after POST /api/orders`.
    /// Should it return, which only a test's does, the work goes on.
    public init(_ planned: [Failpoint], kill: @escaping @Sendable (_ name: String) -> Void) {
        self.planned = planned
        self.kill = kill
        counts = Mutex(Array(repeating: 0, count: planned.count))
    }

    /// What this task does, for the points that it passes.
    @TaskLocal static var activity = "process"

    /// Counts, and kills where it was the planned passing.
    func pass(_ point: Failpoint.Point, while activity: String = Failpoints.activity) {
        let isReached = counts.withLock { counts in
            var isReached = false
            for (index, failpoint) in planned.enumerated()
            where failpoint.point == point && (failpoint.activity ?? activity) == activity {
                counts[index] += 1
                if counts[index] == failpoint.turn { isReached = true }
            }
            return isReached
        }
        if isReached { kill("\(point.rawValue) \(activity)") }
    }

    /// The same parts with failpoints in their ports.
    func installed(in parts: KessaiApp.Parts) -> KessaiApp.Parts {
        var parts = parts
        parts.database = FailpointDatabase(inner: parts.database, failpoints: self)
        parts.transport = FailpointTransport(inner: parts.transport, failpoints: self)
        parts.mailer = FailpointMailer(inner: parts.mailer, failpoints: self)
        parts.jobOptions.around = { kind, run in
            await Self.$activity.withValue("job:\(kind)") { await run() }
        }
        return parts
    }

    /// The same handler of the router's requests with failpoints before its answers.
    func installed(in handler: any HTTPHandler, router: Router) -> any HTTPHandler {
        FailpointHandler(inner: handler, router: router, failpoints: self)
    }
}
