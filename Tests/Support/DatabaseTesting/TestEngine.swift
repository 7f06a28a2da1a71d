private import Glibc

/// The engines that a test runs on.
public enum TestEngine: String, CaseIterable, Sendable {
    /// SQLite in memory.
    case sqlite
    /// A schema of its own on the private PostgreSQL that `KESSAI_TEST_POSTGRES` names by its URL.
    case postgresql

    /// Both when `KESSAI_TEST_POSTGRES` is set, only SQLite otherwise. With `KESSAI_REQUIRE_POSTGRES=1` always both,
    /// so that a missing server fails the tests instead of leaving them out unseen.
    public static var all: [TestEngine] {
        postgresURL != nil || variable("KESSAI_REQUIRE_POSTGRES") == "1" ? [.sqlite, .postgresql] : [.sqlite]
    }

    static var postgresURL: String? { variable("KESSAI_TEST_POSTGRES") }

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }
}

/// A test needs PostgreSQL and was not told where it is.
public struct PostgresMissing: Error, CustomStringConvertible {
    /// What to do.
    public var description: String {
        "KESSAI_TEST_POSTGRES is not set: export KESSAI_TEST_POSTGRES=$(scripts/postgres start .build/postgres)"
    }
}
