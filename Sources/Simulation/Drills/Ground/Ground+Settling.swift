internal import Database
internal import JSON
internal import Kernel

extension Ground {
    /// How long each step of settling may take.
    private static let limit = Duration.seconds(45)
    /// How long an outcome may stay unknown: the sweep looks for it after 90 seconds, and comes once a minute.
    private static let unknownLimit = Duration.seconds(240)
    /// How often reconciliation may be needed until it finds no difference.
    private static let reconciliationsMax = 4

    /// While it storms, waits until clients were told of something of everything, for a while: a storm can be too short
    /// for that. That it never comes is found in ``close(faults:)``. Throws `CancellationError`.
    func awaitEverything() async throws { _ = try await comes { self.memory.hasEverything } }

    /// A drill without orders, mails, … proves nothing, whatever its books say: a server that refuses everybody has good
    /// books.
    static func emptiness(of counts: [(name: String, count: Int)]) -> [Violation] {
        counts.filter { $0.count == 0 }.map {
            Violation(rule: "a drill has some of everything", what: "no \($0.name)")
        }
    }

    /// Waits, cancels and reconciles until nothing is under way any more. Returns what stayed unsettled.
    /// `secondsAhead`: how far the nodes' clocks are ahead. Throws ``DrillFailure``, `DatabaseError`.
    public func settle(secondsAhead: Int64 = 0) async throws -> [String] {
        var unsettled: [String] = []
        // Events are many, and on a machine that does other work besides they take their time; that breaks no book.
        if try await !comes(
            within: .seconds(180), { await self.stripe.read("/_sandbox/state")["deliveries_open"] == 0 })
        {
            unsettled.append("deliveries of events are still open")
        }
        let reader = try database.open(clock: site.clock)
        do {
            unsettled += try await finish(secondsAhead, reader)
            await reader.close()
        } catch {
            await reader.close()
            throw error
        }
        return unsettled
    }

    private func finish(_ secondsAhead: Int64, _ reader: any Database) async throws -> [String] {
        let chief = Operator(person("settling operator"))
        if try await !comes({ try await chief.settle() == 0 }) { return ["orders cannot be canceled"] }
        if try await !comes(within: Self.unknownLimit, { try await self.isResolved(reader) }) {
            return ["outcomes stay unknown"]
        }
        if try await !comes({ try await self.isIdle(reader) }) { return ["jobs wait"] }
        // Before reconciliation reads Stripe's events, and heals what was acknowledged and lost.
        let lost = try await Books.missing(acknowledged.ids, in: reader)
        // What it heals can make new work, and the second one must find nothing.
        for number in 1...Self.reconciliationsMax {
            let (status, _) = try await site.run(
                "reconcile-\(number)", ["reconcile", "--json", "--since", "2h"],
                adding: ["KESSAI_CLOCK_AHEAD_SECONDS": "\(secondsAhead)"])
            if try await !comes({ try await self.isIdle(reader) }) { return ["jobs wait"] }
            if status == 0 { return lost }
        }
        return lost + [
            "reconciliation finds differences again and again: \(site.log("reconcile-\(Self.reconciliationsMax)"))"
        ]
    }

    /// Whether no call to Stripe has an unknown outcome: one that met the weather's last misfortune is the sweep's.
    private func isResolved(_ reader: any Database) async throws -> Bool {
        let count = try await reader.read { tx in
            try tx.row(
                """
                SELECT (SELECT COUNT(*) FROM refunds WHERE state = 'submitted')
                    + (SELECT COUNT(*) FROM payment_attempts WHERE state = 'submitted')
                    + (SELECT COUNT(*) FROM checkout_sessions WHERE state = 'submitted') AS count
                """)?.int("count")
        }
        return count == 0
    }

    /// Whether no job is to be done but by schedules, and no event is on its way.
    private func isIdle(_ reader: any Database) async throws -> Bool {
        let count = try await reader.read { tx in
            try tx.row(
                """
                SELECT COUNT(*) AS count FROM jobs
                WHERE state IN ('available', 'running') AND COALESCE(subject, '') NOT LIKE 'schedule:%'
                """)?.int("count")
        }
        guard count == 0 else { return false }
        return await stripe.read("/_sandbox/state")["deliveries_open"] == 0
    }

    private func comes(
        within limit: Duration = Self.limit, _ isThere: @Sendable () async throws -> Bool
    ) async throws -> Bool {
        let deadline = site.clock.now().adding(limit)
        while site.clock.now() < deadline {
            await acknowledged.look(at: stripe)
            if try await isThere() { return true }
            try await site.clock.sleep(for: .milliseconds(200))
        }
        return false
    }

    /// What the books said.
    public struct Reading: Sendable {
        /// What they broke.
        public let violations: [Violation]
        /// The stories of the orders concerned, of five at most.
        public let stories: [String]
        /// What happened, in numbers: `orders`, `paid`, ….
        public let counts: [(name: String, count: Int)]
    }

    /// Ends the nodes as an operator does, and checks the books; `faults` are violations too. `secondsAhead`: how far the
    /// nodes' clocks were ahead. Throws ``DrillFailure``, `DatabaseError`.
    public func close(faults: [String] = [], secondsAhead: Int64 = 0) async throws -> Reading {
        var violations = faults.map { Violation(rule: "the drill comes to its end", what: $0) }
        for node in nodes {
            let status = try await node.stop()
            if status != 0 {
                violations.append(
                    Violation(
                        rule: "a node that is asked to end does so with status 0",
                        what: "\(node.name): \(status.map { "\($0)" } ?? "killed"), \(node.log)"))
            }
        }
        await acknowledged.look(at: stripe)
        let mails = Set(Files.names(in: site.folder + "/mail").filter { $0.hasSuffix(".eml") && !$0.hasPrefix(".") })
        let rows = try database.open(clock: site.clock)
        let books: Books
        do {
            books = try await Books(
                database: rows, stripe: stripe, acknowledged: acknowledged.ids, mails: mails, memory: memory,
                now: site.clock.now().adding(.seconds(secondsAhead)))
            violations += try await books.check()
        } catch {
            await rows.close()
            throw error
        }
        let counts = try await count(books)
        violations += Self.emptiness(of: counts)
        await rows.close()
        let orders = Set(violations.compactMap(\.order)).sorted().prefix(5)
        var stories: [String] = []
        for order in orders { stories.append(try await site.run("why-\(order)", ["why", order]).text) }
        return Reading(violations: violations, stories: stories, counts: counts)
    }

    private func count(_ books: Books) async throws -> [(name: String, count: Int)] {
        func count(_ sql: SQL) async throws -> Int { Int(try await books.sum(sql)) }
        return [
            ("buyers' lives", memory.lives), ("promises", memory.facts.count),
            ("orders", try await count("SELECT COUNT(*) AS sum FROM orders")),
            ("paid", try await count("SELECT COUNT(*) AS sum FROM orders WHERE paid_at_ms IS NOT NULL")),
            ("passes", try await count("SELECT COUNT(*) AS sum FROM pass_purchases WHERE state = 'delivered'")),
            ("refunds", try await count("SELECT COUNT(*) AS sum FROM refunds WHERE state = 'succeeded'")),
            ("events", try await count("SELECT COUNT(*) AS sum FROM webhook_events")),
            ("mails", books.mails.count),
        ]
    }
}
