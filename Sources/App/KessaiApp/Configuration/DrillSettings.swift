internal import Kernel

/// What makes a process misbehave on purpose (docs/drills.md). Only the environment can say so, never the file, and
/// live mode refuses it.
public struct DrillSettings: Sendable {
    /// `KESSAI_FAILPOINTS`: where the process ends itself.
    public var failpoints: [Failpoint]
    /// `KESSAI_CLOCK_AHEAD_SECONDS`: how far its clock is ahead of the machine's; 0 to 86,400 seconds.
    public var clockAhead: Duration

    /// Such a drill.
    public init(failpoints: [Failpoint], clockAhead: Duration) {
        self.failpoints = failpoints
        self.clockAhead = clockAhead
    }
}

extension SettingsReader {
    static let failpointsName = "KESSAI_FAILPOINTS"
    static let clockAheadName = "KESSAI_CLOCK_AHEAD_SECONDS"

    /// The drill that an environment asks for; nil when it asks for none.
    static func drillWords(_ environment: [String: String]) -> [String: String] {
        environment.filter { [failpointsName, clockAheadName].contains($0.key) && !$0.value.isEmpty }
    }

    /// Reads the drill's settings, and says what it means that they are set.
    mutating func drill(_ words: [String: String], isLive: Bool) -> DrillSettings? {
        guard !words.isEmpty else { return nil }
        for name in words.keys.sorted() {
            if isLive {
                fail(name, "is for drills, and refused in live mode")
            } else {
                warn(name, "is set: this process misbehaves on purpose, for a drill")
            }
        }
        var failpoints: [Failpoint] = []
        if let text = words[Self.failpointsName] {
            do throws(Failpoint.Fault) { failpoints = try Failpoint.list(reading: text) } catch {
                fail(Self.failpointsName, "must be POINT[:ACTIVITY][=N], several separated by commas: \(error)")
            }
        }
        let seconds = words[Self.clockAheadName].map { Int64($0) } ?? 0
        if seconds.map({ (0...86_400).contains($0) }) != true {
            fail(Self.clockAheadName, "must be a number from 0 to 86400")
        }
        return DrillSettings(failpoints: failpoints, clockAhead: .seconds(seconds ?? 0))
    }
}
