import Database
import Kernel
import PostgresDriver
import Testing

@Suite(.enabled(if: TestServer.isThere)) struct PostgresConnectingTests {
    private func reason(of url: String) async -> String {
        do {
            let database = try PostgresDatabase(
                url: url, limits: PostgresLimits(connectTimeoutSeconds: 2), clock: SystemClock())
            let result: Result<Void, any Error>
            do { result = .success(try await database.run("SELECT 1")) } catch { result = .failure(error) }
            await database.close()
            try result.get()
            return "it worked"
        } catch DatabaseError.unavailable(let reason) {
            return reason
        } catch {
            return "another error: \(error)"
        }
    }

    @Test func `what the URL asks of TLS is asked of the server`() async throws {
        let reason = await reason(of: try TestServer.url(["sslmode": "require"]))
        #expect(reason.contains("server does not support SSL"))
    }

    @Test func `settings are ours where the URL has none`() async throws {
        try await withSandbox { sandbox async throws in
            let settings = try await sandbox.database.read { tx in
                try tx.rows(
                    """
                    SELECT name, setting FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout', 'TimeZone',
                    'idle_in_transaction_session_timeout', 'client_min_messages', 'client_encoding') ORDER BY name COLLATE "C"
                    """
                ).map { "\(try $0.text("name"))=\(try $0.text("setting"))" }
            }
            #expect(
                settings == [
                    "TimeZone=UTC", "client_encoding=UTF8", "client_min_messages=warning",
                    "idle_in_transaction_session_timeout=60000",
                    "lock_timeout=10000", "statement_timeout=30000",
                ])
        }
        let url = try TestServer.url([
            "options": "-c statement_timeout=1234 -c TimeZone=Asia/Tokyo", "client_encoding": "LATIN1",
        ])
        let database = try PostgresDatabase(url: url, clock: SystemClock())
        let texts = try await database.read { tx in
            let row = try #require(
                try tx.row(
                    """
                    SELECT current_setting('statement_timeout') AS s, current_setting('TimeZone') AS z, '決済' AS k,
                        current_setting('application_name') AS a
                    """))
            return [try row.text("s"), try row.text("z"), try row.text("k"), try row.text("a")]
        }
        #expect(texts == ["1234ms", "Asia/Tokyo", "決済", "kessai"])
        await database.close()
    }

    @Test(arguments: [
        "postgresql://user:hunter2secret@127.0.0.1:1/postgres",
        "postgresql://user:hunter2secret@nowhere.invalid/postgres",
        "postgresql://user:hunter2@secret@127.0.0.1:1/postgres", "postgresql://user:hunter2secret@127.0.0.1:port/x",
        "postgresql://user:hunter2secret%zz@127.0.0.1/x", "postgresql://user:hunter2secret@127.0.0.1:1/x?nonsense=1",
        "postgresql://user:hunter2secret/x@127.0.0.1:1/x", "postgresql://user:hunter2secret?x@127.0.0.1:1/x",
        "postgresql://127.0.0.1:1/x?password=hunter2secret", "postgresql://user:hunter2secret@[::1/x",
        "hunter2secret", "host=127.0.0.1 port=1 password=hunter2secret", "",
    ]) func `an error never holds the password`(_ url: String) async throws {
        let reason = await reason(of: url)
        #expect(!reason.contains("hunter2") && !reason.contains("secret"), "\(reason)")
        #expect(!reason.contains("another error"), "\(reason)")
    }

    @Test func `a server that does not know us says so`() async throws {
        let base = try #require(TestServer.url)
        let reason = await reason(of: base + "_not_there")
        #expect(reason.contains("does not exist"))
    }

    @Test func `a server that gives no more connections lets closures wait for those there are`() async throws {
        try await withSandbox { sandbox async throws in
            let role = sandbox.schema + "_role"
            try await sandbox.admin.run(
                "CREATE ROLE \(role) LOGIN CONNECTION LIMIT 2", "GRANT ALL ON SCHEMA \(sandbox.schema) TO \(role)")
            let node = try PostgresDatabase(
                url: sandbox.url + "&user=\(role)", connectionsMax: 8, clock: SystemClock())
            try await node.run("CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (0)")
            try await withThrowingTaskGroup { group in
                for _ in 0..<50 { group.addTask { try await node.run("UPDATE t SET i = i + 1") } }
                try await group.waitForAll()
            }
            #expect(try await node.number("SELECT i AS n FROM t") == 50)
            await node.close()
            try await sandbox.admin.run("DROP OWNED BY \(role)", "DROP ROLE \(role)")
        }
    }

    @Test func `and tells them that there is none when that takes too long`() async throws {
        try await withSandbox { sandbox async throws in
            let role = sandbox.schema + "_role"
            try await sandbox.admin.run("CREATE ROLE \(role) LOGIN CONNECTION LIMIT 1")
            let node = try PostgresDatabase(
                url: sandbox.url + "&user=\(role)", connectionsMax: 2,
                limits: PostgresLimits(connectionWaitMs: 200), clock: SystemClock())
            let gate = Gate()
            let holder = Task { try await node.read { _ in gate.pass() } }
            #expect(try await eventually { gate.arrivedCount == 1 })
            // Nobody gives a connection back before the gate opens.
            for _ in 0..<3 {
                await #expect {
                    try await node.run("SELECT 1")
                } throws: { error in
                    if case DatabaseError.unavailable = error { true } else { false }
                }
            }
            gate.open()
            try await holder.value
            try await node.run("SELECT 1")
            await node.close()
            try await sandbox.admin.run("DROP ROLE \(role)")
        }
    }
}
