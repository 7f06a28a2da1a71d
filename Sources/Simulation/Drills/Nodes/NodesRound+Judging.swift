internal import Database

extension NodesRound {
    /// What clients may not have seen, and what they must have seen, or nothing was away.
    static func violations(_ phases: [PhaseRow]) -> [Violation] {
        let wrong = phases.flatMap { phase in
            phase.wrongs.sorted { $0.key < $1.key }.map {
                Violation(
                    rule: "an answer that wants a repeat is a 503 with a code, or a 409, and has Retry-After",
                    what: "\(phase.name): \($0.value) × \($0.key)")
            }
        }
        let rule = "while the database is away clients are told so, and their repeats succeed"
        let away = phases.filter { $0.name.hasPrefix(restarted) || $0.name == primaryKilled }
        var missing: [String] = []
        if away.isEmpty { missing.append("there was no outage") }
        missing += away.filter { $0.keyedAway == 0 }.map { "\($0.name): no answer to a key was a 503" }
        missing += away.filter { $0.keyedMended == 0 }.map { "\($0.name): no repeat with its key succeeded" }
        return wrong + missing.map { Violation(rule: rule, what: $0) }
    }
}

/// A while in which no node hears notifications.
struct Deafness: Sendable {
    /// How many listening connections were cut.
    var cuts = 0
    /// How many jobs were done meanwhile, but those of schedules.
    var jobs: Int64 = 0

    var violations: [Violation] {
        let rule = "jobs are done also while notifications are lost"
        return (cuts > 0 ? [] : [Violation(rule: rule, what: "nobody listened, so nothing was lost")])
            + (jobs > 0 ? [] : [Violation(rule: rule, what: "no job was done")])
    }

    /// Cuts every connection that listens; tells how many there were.
    static func cut(by knife: any Database) async throws -> Int {
        try await knife.read { tx in
            try tx.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'").count
        }
    }

    /// How many jobs are done that no schedule made.
    static func jobsDone(in database: any Database) async throws -> Int64 {
        try await database.read { tx in
            try tx.row(
                """
                SELECT COUNT(*) AS count FROM jobs WHERE state = 'done' AND COALESCE(subject, '') NOT LIKE 'schedule:%'
                """)?.int("count") ?? 0
        }
    }
}
