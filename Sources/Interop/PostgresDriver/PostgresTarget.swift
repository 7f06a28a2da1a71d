private import CPostgres
internal import Database

/// Where the server is and how a connection to it is made: the URL's own parameters, and ours where it has none.
struct PostgresTarget: Sendable {
    /// libpq's keywords with their values.
    let parameters: [(keyword: String, value: String)]
    /// What every new connection runs first.
    let settingsStatement: String
    /// How long things may take.
    let limits: PostgresLimits
    private let secrets: [String]

    /// Throws `DatabaseError.unavailable`, without a word of the URL, which may hold a password.
    init(url: String, limits: PostgresLimits) throws(DatabaseError) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &message) else {
            PQfreemem(message)
            throw .unavailable(reason: "the database's URL is not one of PostgreSQL's")
        }
        defer { PQconninfoFree(options) }
        var given: [(keyword: String, value: String)] = []
        var secrets: [String] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                given.append((String(cString: keyword), String(cString: value)))
                let isSecret = option.pointee.dispchar.map { String(cString: $0) } == "*"
                if isSecret, value.pointee != 0 { secrets.append(String(cString: value)) }
            }
            option += 1
        }
        // libpq cuts a password with an unescaped @, / or : there, takes a piece of it for a host, a port or a database,
        // and would show it as the one that is not found.
        let isMisread = given.contains { keyword, value in
            switch keyword {
            case "host", "hostaddr", "dbname": value.contains("@")
            case "port": !value.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ",") }
            default: false
            }
        }
        if isMisread {
            throw .unavailable(
                reason: "in the database's URL, @ : / ? % of a name or password are written as %40 and so on")
        }
        let defaults = [
            ("connect_timeout", String(max(limits.connectTimeoutSeconds, 2))), ("keepalives", "1"),
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "15000"), ("fallback_application_name", "kessai"),
        ]
        for (keyword, value) in defaults where !given.contains(where: { $0.keyword == keyword }) {
            given.append((keyword, value))
        }
        parameters = given.filter { $0.keyword != "client_encoding" } + [("client_encoding", "UTF8")]
        self.secrets = secrets
        self.limits = limits
        settingsStatement = Self.settings(limits)
    }

    /// Sets what the URL did not, and tells what is set: the server knows a parameter of the start packet by its source.
    /// One statement, and no parameters of the start packet, as pgbouncer refuses most of those.
    private static func settings(_ limits: PostgresLimits) -> String {
        """
        SELECT v.name, CASE WHEN s.source <> 'client' OR v.name = 'bytea_output'
                THEN pg_catalog.set_config(v.name, v.value, false) END AS value,
            pg_catalog.pg_backend_pid() AS pid, pg_catalog.pg_is_in_recovery() AS is_standby, s.setting
        FROM (VALUES
            ('statement_timeout', '\(limits.statementTimeoutMs)'), ('lock_timeout', '\(limits.lockTimeoutMs)'),
            ('idle_in_transaction_session_timeout', '\(limits.idleInTransactionTimeoutMs)'),
            ('client_min_messages', 'warning'), ('TimeZone', 'UTC'), ('bytea_output', 'hex')) AS v (name, value)
        JOIN pg_catalog.pg_settings AS s ON s.name = v.name
        """
    }

    /// libpq's words about a connection, on one line, short and without secrets.
    func reason(_ message: String) -> String {
        var text = message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for secret in secrets {
            text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "…")
        }
        return text.isEmpty ? "the connection to the database was lost" : String(text.prefix(300))
    }
}
