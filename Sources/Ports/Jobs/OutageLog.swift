internal import Database
internal import Kernel
private import Synchronization

/// Tells of a database that cannot be asked, for all of a runner's parts that ask it every second: a warning when the
/// first of them fails, one a minute as long as one fails, and a line when all can ask again.
final class OutageLog: Sendable {
    /// Who asks the database all the time.
    enum Part: Hashable, Sendable {
        /// The lane of a queue, for jobs.
        case lane(queue: String)
        /// For schedules, lost workers and what can be forgotten.
        case housekeeping
    }

    private struct Outage {
        var failing: Set<Part>
        let since: Timestamp
        var failures: Int64
        var toldAt: Timestamp
    }

    private enum Line {
        case begun
        case lasts(Outage)
        case over(Outage)
    }

    /// How often an outage that lasts is told of.
    static let interval = Duration.seconds(60)

    private let outage = Mutex<Outage?>(nil)
    private let clock: any WallClock
    private let log: Log

    init(clock: any WallClock, log: Log) {
        self.clock = clock
        self.log = log
    }

    /// A part could not ask.
    func failed(_ part: Part, _ error: any Error) {
        let now = clock.now()
        let line = outage.withLock { outage -> Line? in
            guard var known = outage else {
                outage = Outage(failing: [part], since: now, failures: 1, toldAt: now)
                return .begun
            }
            known.failing.insert(part)
            known.failures += 1
            let isTold = now.since(known.toldAt) >= Self.interval
            if isTold { known.toldAt = now }
            outage = known
            return isTold ? .lasts(known) : nil
        }
        let reason = Log.Value.string(FailureText.of(error))
        switch line {
        case .begun:
            switch part {
            case .lane(let queue): log.warning("jobs_not_claimed", ["queue": .string(queue), "error": reason])
            case .housekeeping: log.warning("job_housekeeping_failed", ["error": reason])
            }
        case .lasts(let outage):
            log.log(.warning, "jobs_outage_lasts", Self.fields(outage, now) + [("error", reason)])
        case .over, nil: break
        }
    }

    /// A part could ask. The outage is over when each that failed can.
    func succeeded(_ part: Part) {
        let line = outage.withLock { outage -> Line? in
            guard var known = outage, known.failing.remove(part) != nil else { return nil }
            outage = known.failing.isEmpty ? nil : known
            return known.failing.isEmpty ? .over(known) : nil
        }
        if case .over(let outage) = line { log.log(.info, "jobs_outage_over", Self.fields(outage, clock.now())) }
    }

    private static func fields(_ outage: Outage, _ now: Timestamp) -> [(String, Log.Value)] {
        [("failures", .int(outage.failures)), ("lasts_ms", .int(now.since(outage.since).milliseconds))]
    }
}
