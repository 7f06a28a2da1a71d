import Database
import Kernel
import KernelTesting
import PostgresDriver
import Testing

@Suite(.enabled(if: TestServer.isThere)) struct PostgresPoolTests {
    @Test func `connections are opened when needed and never more than allowed`() async throws {
        try await withSandbox(connectionsMax: 3) { sandbox async throws in
            #expect(try await sandbox.connectionCount() == 0)
            for _ in 0..<10 { try await sandbox.database.run("SELECT 1") }
            #expect(try await sandbox.connectionCount() <= 3)
            try await withThrowingTaskGroup { group in
                for _ in 0..<50 { group.addTask { try await sandbox.database.run("SELECT pg_sleep(0.005)") } }
                try await group.waitForAll()
            }
            #expect(try await sandbox.connectionCount() == 3)
        }
    }

    @Test func `a full line refuses at once`() async throws {
        try await withSandbox(connectionsMax: 1, limits: PostgresLimits(queueMax: 2)) { sandbox async throws in
            let gate = Gate()
            let refused = Counter()
            let holder = Task { try await sandbox.database.write { _ in gate.pass() } }
            #expect(try await eventually { gate.arrivedCount == 1 })
            try await withThrowingTaskGroup { group in
                for _ in 0..<10 {
                    group.addTask {
                        do { try await sandbox.database.run("SELECT 1") } catch DatabaseError.overloaded {
                            refused.rise()
                        }
                    }
                }
                #expect(try await eventually { refused.value == 8 })
                gate.open()
                try await group.waitForAll()
            }
            try await holder.value
            #expect(refused.value == 8)
        }
    }

    @Test func `closing finishes what runs and refuses what waits and what comes`() async throws {
        try await withSandbox(connectionsMax: 1) { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)")
            let gate = Gate()
            let ran = Counter()
            let running = Task {
                try await sandbox.database.write { tx in
                    try tx.execute("INSERT INTO t VALUES (1)")
                    gate.pass()
                }
            }
            #expect(try await eventually { gate.arrivedCount == 1 })
            let waiting = Task { try await sandbox.database.write { _ in ran.rise() } }
            let listening = Task {
                try await sandbox.database.wait(forNotification: "c", timeout: .seconds(60))
            }
            let closing = Task { await sandbox.database.close() }
            await #expect(throws: DatabaseError.closed) { try await waiting.value }
            await #expect(throws: DatabaseError.closed) { try await listening.value }
            gate.open()
            try await running.value
            await closing.value
            await sandbox.database.close()
            #expect(ran.value == 0)
            await #expect(throws: DatabaseError.closed) { try await sandbox.database.run("SELECT 1") }
            await #expect(throws: DatabaseError.closed) {
                try await sandbox.database.wait(forNotification: "c", timeout: .seconds(60))
            }
            #expect(try await eventually { try await sandbox.connectionCount() == 0 })
            let node = try sandbox.node()
            #expect(try await node.number("SELECT count(*) AS n FROM t") == 1)
            await node.close()
        }
    }

    @Test func `a cancelled task's read never begins, and its write is finished (law 2)`() async throws {
        try await withSandbox(connectionsMax: 1) { sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)")
            let gate = Gate()
            let running = Task {
                try await sandbox.database.write { tx in
                    try tx.execute("INSERT INTO t VALUES (1)")
                    gate.pass()
                }
            }
            #expect(try await eventually { gate.arrivedCount == 1 })
            let ran = Counter()
            let waiting = Task { try await sandbox.database.read { _ in ran.rise() } }
            waiting.cancel()
            running.cancel()
            gate.open()
            await #expect(throws: CancellationError.self) { _ = try await waiting.value }
            try await running.value
            #expect(ran.value == 0)
            #expect(try await sandbox.database.number("SELECT count(*) AS n FROM t") == 1)
            let name = sandbox.applicationName
            // A read is answered a moment before its transaction ends.
            #expect(
                try await eventually {
                    try await sandbox.admin.read { tx in
                        try tx.row(
                            """
                            SELECT pid FROM pg_stat_activity WHERE application_name = \(name) AND state LIKE 'idle in%'
                            """) == nil
                    }
                })
        }
    }

    @Test func `a database that is let go closes its connections`() async throws {
        try await withSandbox { sandbox async throws in
            do {
                let node = try sandbox.node()
                try await node.run("SELECT 1")
                #expect(try await sandbox.connectionCount() == 1)
            }
            #expect(try await eventually { try await sandbox.connectionCount() == 0 })
        }
    }
}

@Suite(.enabled(if: TestServer.isThere)) struct PostgresNotificationTests {
    @Test(arguments: ["jobs", "With \"quotes\" and 決済", String(repeating: "long", count: 40), ""])
    func `a commit wakes a waiter of another node`(_ channel: String) async throws {
        try await withSandbox { sandbox async throws in
            // Channels belong to the whole server's database; this one belongs to the test.
            let channel = channel.isEmpty ? "" : channel + sandbox.schema
            let node = try PostgresDatabase(url: sandbox.url, clock: ManualClock())
            let waiter = Task { try await node.wait(forNotification: channel, timeout: .seconds(3600)) }
            let woken = Counter()
            let watcher = Task {
                try await waiter.value
                woken.rise()
            }
            // The first may come before the other node hears.
            #expect(
                try await eventually {
                    try await sandbox.database.write { tx in try tx.notify(channel) }
                    return woken.value == 1
                })
            try await watcher.value
            await node.close()
        }
    }

    @Test func `what was rolled back wakes nobody, and the time ends the waiting`() async throws {
        struct Stop: Error {}
        try await withSandbox { sandbox async throws in
            let clock = ManualClock()
            let node = try PostgresDatabase(url: sandbox.url, clock: clock)
            let (silent, loud) = (sandbox.schema + "_silent", sandbox.schema + "_loud")
            let woken = Counter()
            let first = Task {
                try await node.wait(forNotification: silent, timeout: .seconds(3600))
                woken.rise()
            }
            #expect(try await eventually { try await sandbox.hears(silent) })
            let second = Task { try await node.wait(forNotification: loud, timeout: .seconds(3600)) }
            #expect(try await eventually { try await sandbox.hears(loud) && clock.sleeperCount == 2 })
            await #expect(throws: Stop.self) {
                try await sandbox.database.write { tx in
                    try tx.notify(silent)
                    throw Stop()
                }
            }
            try await sandbox.database.write { tx in try tx.notify(loud) }
            try await second.value
            #expect(woken.value == 0)
            clock.advance(by: .seconds(3601))
            try await first.value
            await node.close()
        }
    }

    @Test func `the listening connection comes back`() async throws {
        try await withSandbox { sandbox async throws in
            let node = try PostgresDatabase(url: sandbox.url, clock: ManualClock())
            for round in 0..<3 {
                let woken = Counter()
                let waiter = Task {
                    try await node.wait(forNotification: sandbox.schema, timeout: .seconds(3600))
                    woken.rise()
                }
                if round > 0 { try await sandbox.terminateConnections() }
                #expect(
                    try await eventually {
                        try await sandbox.database.write { tx in try tx.notify(sandbox.schema) }
                        return woken.value == 1
                    })
                try await waiter.value
            }
            await node.close()
        }
    }
}
