/// How often which point was passed, and which misfortune struck where.
public struct Coverage: Sendable, Equatable {
    /// By point and activity.
    public private(set) var passes: [String: Int] = [:]
    /// By fault.
    public private(set) var faults: [Fault: Int] = [:]
    /// Crashes by place: `crash_before_commit in POST /api/orders`.
    public private(set) var crashes: [String: Int] = [:]
    /// Misfortunes of requests and deliveries by place: `request_answer_lost in POST /api/orders`.
    public private(set) var disturbances: [String: Int] = [:]
    /// What the weather did, by its word.
    public var weather: [String: Int] = [:]
    /// Attacks that were refused and logged, by kind.
    public var attacks: [String: Int] = [:]

    /// Nothing counted.
    public init() {}

    /// Where nothing crashes by itself: the network fails, and crashes strike in what is done meanwhile.
    private static let disturbed: [Point] = [.request, .delivery]

    mutating func passed(_ point: Point, _ activity: String) {
        passes["\(point.rawValue) in \(activity)", default: 0] += 1
    }

    mutating func struck(_ fault: Fault, _ activity: String) {
        faults[fault, default: 0] += 1
        if fault.isCrash { crashes["\(fault.rawValue) in \(activity)", default: 0] += 1 }
        if Self.disturbed.contains(fault.point) { disturbances["\(fault.rawValue) in \(activity)", default: 0] += 1 }
    }

    /// Adds what another history counted.
    public mutating func add(_ other: Coverage) {
        passes.merge(other.passes, uniquingKeysWith: +)
        faults.merge(other.faults, uniquingKeysWith: +)
        crashes.merge(other.crashes, uniquingKeysWith: +)
        disturbances.merge(other.disturbances, uniquingKeysWith: +)
        weather.merge(other.weather, uniquingKeysWith: +)
        attacks.merge(other.attacks, uniquingKeysWith: +)
    }

    /// Every kind of fault, weather and attack that was there.
    var names: Set<String> {
        Set(faults.keys.map(\.rawValue)).union(weather.keys.map(Self.weatherName)).union(
            attacks.keys.map(Self.attackName))
    }

    /// The name of a kind of weather among those of faults; a fault may be called the same.
    public static func weatherName(_ weather: String) -> String { "weather: \(weather)" }

    /// The name of an attack among those of faults.
    public static func attackName(_ attack: String) -> String { "refused: \(attack)" }

    /// Where a commit, a call or a mail was passed and one of its crashes was never tried, with how often it was passed; the most
    /// often passed first. These are the places that features do not name, or gaps.
    public var uncrashed: [(crash: String, passes: Int)] {
        var found: [(crash: String, passes: Int)] = []
        for point in [Point.commit, .call, .mail] {
            let prefix = "\(point.rawValue) in "
            for (place, count) in passes where place.hasPrefix(prefix) {
                for fault in (Fault.byPoint[point] ?? []).filter(\.isCrash) {
                    let crash = "\(fault.rawValue) in \(place.dropFirst(prefix.count))"
                    if crashes[crash] == nil { found.append((crash, count)) }
                }
            }
        }
        return found.sorted { ($1.passes, $0.crash) < ($0.passes, $1.crash) }
    }

    /// What never befell requests and deliveries at the `places` that features name: an answer that was lost, say.
    public func undisturbed(at places: [Point: [String]]) -> [String] {
        Self.disturbed.flatMap { point in
            Set(places[point] ?? []).sorted().flatMap { place in
                (Fault.byPoint[point] ?? []).map { "\($0.rawValue) in \(place)" }
            }
        }.filter { disturbances[$0] == nil }
    }

    /// What never happened: a kind of fault or of weather; a job of one of the `jobs`; a crash at one of the `places`
    /// that features name; one of the `attacks`; a crash where a commit, a call or a mail was passed `passesMin` times. Empty is full coverage.
    public func gaps(
        at places: [Point: [String]], attacks kinds: [String], jobs: [String] = [], passesMin: Int = 5_000
    ) -> [String] {
        var gaps = Fault.allCases.filter { faults[$0] == nil }.map(\.rawValue)
        gaps += Weather.names.filter { weather[$0] == nil }
        gaps += kinds.filter { attacks[$0] == nil }
        gaps += jobs.filter { passes["commit in job:\($0)"] == nil }.map { "commit in job:\($0)" }
        for point in [Point.commit, .call, .mail] {
            let often = passes.filter { $0.value >= passesMin && $0.key.hasPrefix("\(point.rawValue) in ") }
                .map { String($0.key.dropFirst(point.rawValue.count + 4)) }
            for place in Set((places[point] ?? []) + often).sorted() {
                for fault in (Fault.byPoint[point] ?? []).filter(\.isCrash)
                where crashes["\(fault.rawValue) in \(place)"] == nil {
                    gaps.append("\(fault.rawValue) in \(place)")
                }
            }
        }
        return gaps
    }
}
