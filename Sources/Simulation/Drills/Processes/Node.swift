public import ChildProcess
internal import Kernel
private import Synchronization

/// A `serve` or `work` process that is killed and started again, always in the same place.
public final class Node: Sendable {
    /// What it does.
    public enum Role: Sendable, Equatable {
        /// Answers requests at a port of the loopback, and runs jobs unless the settings say otherwise.
        case serve(port: UInt16)
        /// Runs jobs.
        case work
    }

    /// How one life of it ended.
    public enum Death: Sendable, Equatable {
        /// Killed by the drill.
        case killed
        /// At a failpoint, by its own hand: `commit.after POST /api/orders`.
        case failpoint(String)
        /// Otherwise: a fault.
        case other(ChildProcess.End)
    }

    /// Its name in logs.
    public let name: String
    /// What it does.
    public let role: Role
    private let site: Site
    private let life = Mutex<(number: Int, child: ChildProcess?)>((0, nil))

    /// A node that does not run yet.
    public init(_ name: String, _ role: Role, on site: Site) {
        self.name = name
        self.role = role
        self.site = site
    }

    /// Where it answers; nil for one that does not.
    public var url: String? { if case .serve(let port) = role { "http://127.0.0.1:\(port)" } else { nil } }

    /// The log of its newest life.
    public var log: String { site.log(lifeName) }

    private var lifeName: String {
        let number = "\(life.withLock { $0.number })"
        return "\(name)-\(String(repeating: "0", count: max(0, 4 - number.count)))\(number)"
    }

    /// Starts it and waits until it serves or works; false when it ended before that. Throws ``DrillFailure``.
    public func start(failpoints: String? = nil, secondsAhead: Int64 = 0) async throws -> Bool {
        let before = life.withLock { life -> ChildProcess? in
            life.number += 1
            return life.child
        }
        if before?.poll() == nil, before != nil { throw DrillFailure("\(name) runs already") }
        var extra: [String: String] = [:]
        if let failpoints { extra["KESSAI_FAILPOINTS"] = failpoints }
        if secondsAhead > 0 { extra["KESSAI_CLOCK_AHEAD_SECONDS"] = "\(secondsAhead)" }
        let arguments: [String]
        let words: String
        switch role {
        case .serve(let port): (arguments, words) = (["serve", "--port", "\(port)"], "\"event\":\"serving\"")
        case .work: (arguments, words) = (["work"], "\"event\":\"job_runner_started\"")
        }
        let child = try site.start(lifeName, arguments, adding: extra)
        life.withLock { $0.child = child }
        return try await site.waits(for: words, from: lifeName, of: child)
    }

    /// Waits for its end for a while, then kills it; tells how it ended.
    public func kill(after patience: Duration) async throws -> Death {
        guard let child = life.withLock({ $0.child }) else { throw DrillFailure("\(name) does not run") }
        if let end = try await site.end(of: child, within: patience) { return death(end, byUs: false) }
        child.send(.kill)
        guard let end = try await site.end(of: child, within: .seconds(10)) else {
            throw DrillFailure("\(name) cannot be killed")
        }
        return death(end, byUs: true)
    }

    /// Asks it to end, as an operator does, and returns its status; nil when it did not run, or did not end of itself.
    public func stop() async throws -> Int32? {
        guard let child = life.withLock({ $0.child }) else { return nil }
        child.send(.terminate)
        guard case .exited(let status) = try await site.end(of: child, within: .seconds(40)) else {
            child.send(.kill)
            return nil
        }
        return status
    }

    /// Ends it, whatever it does. Does not wait.
    public func abandon() { life.withLock { $0.child }?.send(.kill) }

    private func death(_ end: ChildProcess.End, byUs: Bool) -> Death {
        guard end == .killed(signal: ChildProcess.killSignal) else { return .other(end) }
        if let name = Self.failpoint(in: site.written(lifeName)) { return .failpoint(name) }
        return byUs ? .killed : .other(end)
    }

    /// The failpoint that the end of a log tells of.
    static func failpoint(in log: String) -> String? {
        let mark = "\"event\":\"failpoint\",\"name\":\""
        guard let line = log.split(separator: "\n").last(where: { $0.contains(mark) }),
            let found = line.firstRange(of: mark)
        else { return nil }
        // JSON writes the slashes of paths as they are; names hold no quotes.
        return String(line[found.upperBound...].prefix { $0 != "\"" })
    }
}
