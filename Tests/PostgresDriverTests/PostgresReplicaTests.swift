import Database
import Foundation
import Kernel
import KernelTesting
import PostgresDriver
import Testing

/// Replicas: what a standby may not be used for, and what an acknowledged commit means with them.
@Suite(.enabled(if: TestServer.isThere)) struct PostgresReplicaTests {
    private func isUnavailable(_ body: () async throws -> Void) async throws -> Bool {
        do { try await body() } catch DatabaseError.unavailable { return true }
        return false
    }

    @Test func `a standby is no server to read from or write to, until it is promoted`() async throws {
        try await withPrivateServer("cluster") { cluster, sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (1)")
            let standby = try PostgresDatabase(
                url: try TestServer.url(
                    ["options": "-c search_path=\(sandbox.schema)"], at: try await cluster.run("standby")),
                clock: SystemClock())
            #expect(try await isUnavailable { _ = try await standby.number("SELECT i AS n FROM t") })
            #expect(try await isUnavailable { try await standby.run("INSERT INTO t VALUES (2)") })
            try await cluster.run("kill-primary")
            // Also when the pooler only says that it gets no server, and hangs up behind its word.
            for _ in 0..<20 {
                #expect(try await isUnavailable { try await sandbox.database.run("INSERT INTO t VALUES (3)") })
            }
            try await cluster.run("promote")
            #expect(
                try await eventually {
                    try await !isUnavailable { try await standby.run("INSERT INTO t VALUES (4)") }
                })
            // What was answered before the primary died is there.
            #expect(try await standby.number("SELECT sum(i) AS n FROM t") == 5)
            await standby.close()
        }
    }

    @Test func `a commit that no replica confirms is unknown, also when an operator cancels its waiting`() async throws
    {
        try await withPrivateServer { _, sandbox async throws in
            try await sandbox.database.run("CREATE TABLE t (i BIGINT)", "CREATE TABLE u (i BIGINT)")
            let limits = PostgresLimits(silenceMs: 300, commitTimeoutMs: 600)
            let node = try sandbox.node(limits: limits)
            try await node.run("SELECT 1")
            let patient = try sandbox.node()
            try await patient.run("SELECT 1")
            // Without a limit for statements, a commit has its own, also when statements went with it.
            let hasty = try sandbox.node(
                connectionsMax: 1, limits: PostgresLimits(statementTimeoutMs: 0, silenceMs: 300, commitTimeoutMs: 600))
            for _ in 0..<2 { try await hasty.write { tx in try tx.send("INSERT INTO u VALUES (\(9))") } }
            try await setReplicas("nobody", sandbox)
            await #expect(throws: DatabaseError.commitUnknown) {
                try await hasty.write { tx in
                    _ = try tx.row("SELECT count(*) AS n FROM t")
                    try tx.send("INSERT INTO u VALUES (\(9))")
                }
            }
            await hasty.close()
            await #expect(throws: DatabaseError.commitUnknown) { try await node.run("INSERT INTO t VALUES (1)") }
            // Reading goes on.
            #expect(try await node.number("SELECT count(*) AS n FROM t WHERE i = 0") == 0)
            let ended = Counter()
            let waiting = Task {
                defer { ended.rise() }
                try await patient.run("INSERT INTO t VALUES (2)")
            }
            #expect(
                try await eventually {
                    _ = try await sandbox.admin.read { tx in
                        try tx.rows(
                            """
                            SELECT pg_cancel_backend(pid) FROM pg_stat_activity
                            WHERE wait_event = 'SyncRep' AND application_name = \(sandbox.applicationName)
                            """)
                    }
                    return ended.value == 1
                })
            await #expect(throws: DatabaseError.commitUnknown) { try await waiting.value }
            try await setReplicas("", sandbox)
            #expect(
                try await eventually { try await sandbox.database.number("SELECT count(*) AS n FROM t") == 2 })
            await node.close()
            await patient.close()
        }
    }

    /// Whom commits wait for. Changed without a transaction around it, which the driver would begin.
    private func setReplicas(_ names: String, _ sandbox: Sandbox) async throws {
        let base = try #require(sandbox.url.split(separator: "?").first.map(String.init))
        let status = try await offPool {
            let psql = Process()
            psql.executableURL = URL(filePath: "/usr/bin/env")
            psql.arguments = [
                "psql", "-X", "-q", "-d", base, "-c", "ALTER SYSTEM SET synchronous_standby_names = '\(names)'",
                "-c", "SELECT pg_reload_conf()", "-o", "/dev/null",
            ]
            try psql.run()
            psql.waitUntilExit()
            return psql.terminationStatus
        }
        try #require(status == 0)
        #expect(
            try await eventually {
                try await sandbox.admin.read { tx in
                    try tx.row("SELECT current_setting('synchronous_standby_names') AS v")?.text("v") == names
                }
            })
    }
}
