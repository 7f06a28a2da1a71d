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

    /// What never struck: any kind of fault, and at the places that the features name, any crash. Empty is full coverage.
    public func gaps(at places: [Point: [String]]) -> [String] {
        var gaps = Fault.allCases.filter { faults[$0] == nil }.map(\.rawValue)
        for point in Point.allCases {
            let kinds = (Fault.byPoint[point] ?? []).filter(\.isCrash)
            for place in Set(places[point] ?? []).sorted() {
                for fault in kinds where crashes["\(fault.rawValue) in \(place)"] == nil {
                    gaps.append("\(fault.rawValue) in \(place)")
                }
            }
        }
        return gaps
    }
}
