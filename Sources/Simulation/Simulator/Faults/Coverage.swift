/// How often which point was passed, and which misfortune struck where.
public struct Coverage: Sendable, Equatable {
    /// By point and activity.
    public private(set) var passes: [String: Int] = [:]
    /// By fault.
    public private(set) var faults: [Fault: Int] = [:]
    /// Crashes by place: `crash_before_commit in POST /api/orders`.
    public private(set) var crashes: [String: Int] = [:]
    /// What the weather did, by its word.
    public var weather: [String: Int] = [:]

    /// Nothing counted.
    public init() {}

    mutating func passed(_ point: Point, _ activity: String) {
        passes["\(point.rawValue) in \(activity)", default: 0] += 1
    }

    mutating func struck(_ fault: Fault, _ activity: String) {
        faults[fault, default: 0] += 1
        if fault.isCrash { crashes["\(fault.rawValue) in \(activity)", default: 0] += 1 }
    }

    /// Adds what another history counted.
    public mutating func add(_ other: Coverage) {
        passes.merge(other.passes, uniquingKeysWith: +)
        faults.merge(other.faults, uniquingKeysWith: +)
        crashes.merge(other.crashes, uniquingKeysWith: +)
        weather.merge(other.weather, uniquingKeysWith: +)
    }

    /// Faults that never struck, and crash points of places that were passed at least `passesMin` times without one.
    public func gaps(passesMin: Int = 1000) -> [String] {
        var gaps = Fault.allCases.filter { faults[$0] == nil }.map(\.rawValue)
        for (place, count) in passes.sorted(by: { $0.key < $1.key }) where count >= passesMin {
            let parts = place.split(separator: " ", maxSplits: 2).map(String.init)
            guard ["commit", "call", "mail"].contains(parts[0]) else { continue }
            for moment in ["before", "after"] {
                let name = "crash_\(moment)_\(parts[0]) in \(parts[2])"
                if crashes[name] == nil { gaps.append(name) }
            }
        }
        return gaps
    }
}
