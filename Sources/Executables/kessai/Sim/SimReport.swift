internal import JSON
internal import Simulator

/// What many histories came to, for people and for machines.
struct SimReport {
    let tally: Simulator.Tally
    let seconds: Double
    /// The kinds of jobs that must have been done.
    let jobKinds: [String]
    /// The command that plays the shortest failing history again; nil when none failed.
    var replay: String?

    /// A report; `jobKinds` are those of the application.
    init(tally: Simulator.Tally, seconds: Double, jobKinds: [String]) {
        self.tally = tally
        self.jobKinds = jobKinds
        self.seconds = seconds
    }

    /// From so many histories on, what never struck is a failure: a kind of fault, or a crash at a place.
    static let fullCoverageFrom = 5000

    /// From so many histories on, a crash must have been tried wherever anything was passed at all; before, where it was
    /// passed often, and at every place that features name.
    static let nothingAtZeroFrom = 20_000

    /// What never struck.
    var gaps: [String] {
        let isLong = tally.histories >= Self.nothingAtZeroFrom
        return tally.coverage.gaps(
            at: SimulatedFeatures.places, attacks: SimulatedFeatures.attacks, jobs: jobKinds,
            passesMin: isLong ? 1 : 5_000) + (isLong ? undisturbed : [])
    }

    private var undisturbed: [String] { tally.coverage.undisturbed(at: SimulatedFeatures.places) }

    /// Whether no rule was broken, and everything was tried where there were histories enough.
    var isGood: Bool { tally.failures.isEmpty && (tally.histories < Self.fullCoverageFrom || gaps.isEmpty) }

    /// For people.
    var table: String {
        var text = "\(tally.histories) histories in \(Int(seconds)) s ("
        text += tally.byFeature.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        text += ")  hash \(String(tally.hash, radix: 16))\n\n"
        text += "  what went wrong\(String(repeating: " ", count: 45))times  in histories that broke a rule\n"
        for fault in Fault.allCases {
            text += row(fault.rawValue, tally.coverage.faults[fault] ?? 0, tally.breaches[fault.rawValue] ?? 0)
        }
        for (name, count) in tally.coverage.weather.sorted(by: { $0.key < $1.key }) {
            let name = Coverage.weatherName(name)
            text += row(name, count, tally.breaches[name] ?? 0)
        }
        for (name, count) in tally.coverage.attacks.sorted(by: { $0.key < $1.key }) {
            let name = Coverage.attackName(name)
            text += row(name, count, tally.breaches[name] ?? 0)
        }
        text += "\ncrashes by place\n"
        for (place, count) in tally.coverage.crashes.sorted(by: { $0.key < $1.key }) { text += row(place, count) }
        text += "\nrequests and deliveries by place\n"
        for (place, count) in tally.coverage.disturbances.sorted(by: { $0.key < $1.key }) { text += row(place, count) }
        for place in undisturbed { text += row(place, 0) }
        let uncrashed = tally.coverage.uncrashed
        if !uncrashed.isEmpty { text += "\npassed so many times, and no crash was tried\n" }
        for (crash, passes) in uncrashed { text += row(crash, passes) }
        if !gaps.isEmpty { text += "\nnever hit: " + gaps.joined(separator: "; ") + "\n" }
        text += "\n\(tally.failures.count) histories broke a rule\n"
        for failure in tally.failures {
            text += "seed \(failure.seed)\n" + failure.violations.map { "  ✗ \($0)\n" }.joined()
        }
        return text
    }

    private func row(_ name: String, _ count: Int, _ broken: Int? = nil) -> String {
        let line = "  \(name)\(String(repeating: " ", count: max(1, 60 - name.count)))\(count)"
        return line + (broken.map { "  \($0)" } ?? "") + "\n"
    }

    /// For machines.
    var json: JSONValue {
        func counts(_ counts: [(String, Int)]) -> JSONValue {
            .object(JSONObject(counts.sorted { $0.0 < $1.0 }.map { ($0.0, .int(Int64($0.1))) }))
        }
        return [
            "histories": .int(Int64(tally.histories)), "milliseconds": .int(Int64(seconds * 1000)),
            "hash": .string(String(tally.hash, radix: 16)),
            "features": counts(tally.byFeature.map { ($0.key, $0.value) }),
            "faults": counts(Fault.allCases.map { ($0.rawValue, tally.coverage.faults[$0] ?? 0) }),
            "weather": counts(tally.coverage.weather.map { ($0.key, $0.value) }),
            "attacks": counts(tally.coverage.attacks.map { ($0.key, $0.value) }),
            "breaches": counts(tally.breaches.map { ($0.key, $0.value) }),
            "passes": counts(tally.coverage.passes.map { ($0.key, $0.value) }),
            "crashes": counts(tally.coverage.crashes.map { ($0.key, $0.value) }),
            "disturbances": counts(tally.coverage.disturbances.map { ($0.key, $0.value) }),
            "never_hit": .array(gaps.map { .string($0) }),
            "failures": .array(tally.failures.map { Self.json(of: $0, replay: nil) }), "replay": JSONValue(replay),
        ]
    }

    /// One history.
    static func json(of outcome: Outcome, replay: String?) -> JSONValue {
        [
            "seed": .string(String(outcome.seed)), "hash": .string(String(outcome.hash, radix: 16)),
            "violations": .array(outcome.violations.map { .string($0) }), "replay": JSONValue(replay),
        ]
    }
}
