internal import Kernel

/// Everything that a history will try, drawn from its seed before it begins: it can be cut down, and played again.
struct Plan: Sendable {
    struct Act: Sendable {
        let id: Int
        let step: Step
    }
    struct Part: Sendable {
        let kind: String
        let number: Int
        var acts: [Act]
        /// What is done when time has passed after all that others did.
        var closing: [Act] = []
    }
    struct Misfortune: Sendable {
        let id: Int
        let planned: PlannedFault
    }

    let seed: UInt64
    var parts: [Part]
    var faults: [Misfortune]
    let eventVersion: String?
    /// Whether reconciliation may heal what went wrong; where not, no event is lost for good, and the events alone must
    /// do.
    let isReconciled: Bool
    /// Minutes that pass at once, one after the other, when everybody has done and before the world calms down: jobs that
    /// clear up meet their misfortunes then.
    let echoMinutes: [Int64]
    /// Whether the application knows that it is the only one on its database, as on a SQLite file: then no other node
    /// can hold what it finds held when it starts.
    let isAlone: Bool
    let featureNames: [String]
    /// Settings that are not the usual ones.
    let variation: [String: String]

    /// The ids of everything in it.
    var ids: [Int] { (parts.flatMap { ($0.acts + $0.closing).map(\.id) } + faults.map(\.id)).sorted() }

    /// The plan of a seed.
    init(seed: UInt64, features: [any SimulatedFeature.Type], rates: FaultRates = .usual) {
        self.seed = seed
        let chance = Chance(seed, of: "plan")
        var id = 0
        func next() -> Int {
            id += 1
            return id
        }
        eventVersion = chance.oneIn(4) ? "2024-06-20" : nil
        isReconciled = !chance.oneIn(3)
        isAlone = !chance.oneIn(3)
        echoMinutes = (0..<chance.int(0...3)).map { _ in chance.pick([2, 10, 40, 65]) }
        var parts: [Part] = []
        var names: [String] = []
        var variation: [String: String] = [:]
        var aims: [Aim] = []
        // Most histories are of one way to sell, so that they stay short.
        let sellers = features.filter { $0.name != WorldFeature.name }
        let main = sellers.isEmpty ? 0 : chance.int(0...(sellers.count - 1))
        for feature in features {
            let isMain = feature.name == WorldFeature.name || feature.name == sellers[main].name
            if !isMain, !chance.oneIn(4) { continue }
            var isThere = false
            // A chance of its own: other histories are what they would be without it.
            let isVaried = !feature.variation.isEmpty && Chance(seed, of: "variation of \(feature.name)").oneIn(6)
            for (index, (type, countMax)) in feature.actors.enumerated() {
                for number in 0..<chance.int((index == 0 ? 1 : 0)...countMax) {
                    isThere = true
                    let words = type.words.flatMap { word in Array(repeating: word.name, count: word.weight) }
                    let drawn = (0..<chance.int(type.stepCount)).map { _ in chance.pick(words) }
                    func act(_ word: String) -> Act {
                        Act(
                            id: next(),
                            step: Step(
                                word, chance.int(0...9),
                                pauseMs: chance.number(in: 1...(chance.oneIn(6) ? 40_000 : 3_000))))
                    }
                    let acts = ((isVaried ? type.variedOpening : []) + type.opening + drawn).map(act)
                    let closing = chance.oneIn(2) ? type.closing.map(act) : []
                    parts.append(Part(kind: type.kind, number: number, acts: acts, closing: closing))
                    aims += Set((acts + closing).map(\.step.name)).sorted().flatMap { type.aims[$0] ?? [] }
                }
            }
            guard isThere else { continue }
            names.append(feature.name)
            if isVaried { variation.merge(feature.variation) { $1 } }
        }
        self.parts = parts
        featureNames = names
        self.variation = variation
        var places: [Point: [String]] = [:]
        for feature in features where names.contains(feature.name) {
            places.merge(feature.places) { $0 + $1 }
        }
        faults = (0..<chance.int(rates.countMin...rates.countMax)).map { _ in
            Misfortune(id: next(), planned: rates.draw(chance, places: places))
        }
        // Jobs that clear up are rare, and so is what few words lead to: where it comes, something often waits for it.
        for planned in rates.drawRare(chance, places: places) + rates.drawAimed(chance, at: aims) {
            faults.append(Misfortune(id: next(), planned: planned))
        }
    }

    /// Only what is wanted of it.
    func keeping(_ wanted: Set<Int>) -> Plan {
        var plan = self
        plan.parts = parts.compactMap { part in
            var part = part
            part.acts.removeAll { !wanted.contains($0.id) }
            part.closing.removeAll { !wanted.contains($0.id) }
            return part.acts.isEmpty && part.closing.isEmpty ? nil : part
        }
        plan.faults.removeAll { !wanted.contains($0.id) }
        return plan
    }
}

/// How much goes wrong.
struct FaultRates: Sendable {
    let countMin: Int
    let countMax: Int
    static let usual = FaultRates(countMin: 0, countMax: 9)

    /// A crash or another fault for the first commits or calls of jobs that not every history has, and sometimes the same
    /// crash twice in a job of few attempts, which is given up then.
    func drawRare(_ chance: Chance, places: [Point: [String]]) -> [PlannedFault] {
        var drawn: [PlannedFault] = []
        for _ in 0..<2 {
            let point = chance.pick([Point.commit, .call])
            let jobs = (places[point] ?? []).filter { $0.hasPrefix("job:") && !Self.frequent.contains($0) }
            let faults = (Fault.byPoint[point] ?? []).filter { $0.isCrash || chance.oneIn(8) }
            guard !jobs.isEmpty, !faults.isEmpty else { break }
            drawn.append(
                PlannedFault(fault: chance.pick(faults), activity: chance.pick(jobs), turn: chance.int(1...2)))
        }
        if chance.oneIn(8) {
            let twice = PlannedFault(fault: .crashBeforeCommit, activity: chance.pick(Self.fewAttempts), turn: 1)
            drawn += [twice, twice]
        }
        return drawn
    }

    /// Crashes at some of the `aims`, when they are first passed.
    func drawAimed(_ chance: Chance, at aims: [Aim]) -> [PlannedFault] {
        guard !aims.isEmpty else { return [] }
        return (0..<chance.int(0...2)).flatMap { _ -> [PlannedFault] in
            let aim = chance.pick(aims)
            let crashes = (Fault.byPoint[aim.point] ?? []).filter(\.isCrash)
            guard !crashes.isEmpty else { return [] }
            let crash = PlannedFault(fault: chance.pick(crashes), activity: aim.activity, turn: 1)
            return [aim.cause, crash].compactMap(\.self)
        }
    }

    private static let fewAttempts = ["job:payments.sweep", "job:payments.blank_events", "job:app.housekeeping"]

    private static let frequent: Set<String> = [
        "job:payments.sweep", "job:payments.reconcile", "job:outbox.deliver",
    ]

    /// A fault, as likely to strike whatever comes as one of the `places` that the history's features pass.
    func draw(_ chance: Chance, places: [Point: [String]]) -> PlannedFault {
        let point = chance.pick([Point.commit, .commit, .commit, .call, .call, .call, .request, .delivery, .mail])
        let fault = chance.pick(Fault.byPoint[point] ?? Fault.allCases)
        let places = places[point] ?? []
        let place = chance.oneIn(3) || places.isEmpty ? nil : chance.pick(places)
        let turnMax = place == nil ? (point == .commit ? 60 : 12) : (chance.oneIn(2) ? 1 : 4)
        return PlannedFault(fault: fault, activity: place, turn: chance.int(1...turnMax))
    }
}
