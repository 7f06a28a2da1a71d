import Database
import Kernel
import Testing

@Suite struct DatabaseURLTests {
    @Test(arguments: [
        ("sqlite:kessai.db", DatabaseURL.sqliteFile(path: "kessai.db")),
        ("sqlite:data/kessai.db", .sqliteFile(path: "data/kessai.db")),
        ("sqlite:/var/lib/kessai/kessai.db", .sqliteFile(path: "/var/lib/kessai/kessai.db")),
        ("sqlite:///var/lib/kessai.db", .sqliteFile(path: "/var/lib/kessai.db")),
        ("SQLite:決済.db", .sqliteFile(path: "決済.db")),
        ("sqlite::memory:", .sqliteMemory),
        ("postgresql://kessai@db/kessai", .postgresql(url: Secret("postgresql://kessai@db/kessai"))),
        (
            "postgres://u:p%40ss@h1:5432,h2:5433/db?sslmode=verify-full&options=-csearch_path%3Da",
            .postgresql(
                url: Secret("postgres://u:p%40ss@h1:5432,h2:5433/db?sslmode=verify-full&options=-csearch_path%3Da"))
        ),
    ])
    func `a setting names a database`(_ text: String, _ expected: DatabaseURL) throws {
        #expect(try DatabaseURL(text) == expected)
    }

    @Test(arguments: [
        "", "kessai.db", "/var/lib/kessai.db", "mysql://root:hunter2@db/kessai", "sqlite:", "sqlite://", "sqlite:///",
        "sqlite://host/path.db", "sqlite:folder/", "sqlite:a.db?mode=ro", "sqlite:a%20b.db", "sqlite:a\nb",
        "postgresql:db", "postgres:hunter2", "file:kessai.db",
    ])
    func `anything else says what to write, and does not repeat what may be secret`(_ text: String) {
        #expect {
            try DatabaseURL(text)
        } throws: { error in
            guard let invalid = error as? DatabaseURL.Invalid else { return false }
            return !invalid.description.isEmpty && !"\(error)".contains("hunter2")
        }
    }

    @Test func `the password is never printed`() throws {
        let url = try DatabaseURL("postgresql://kessai:hunter2@db/kessai")
        var dumped = ""
        dump(url, to: &dumped)
        for text in ["\(url)", String(describing: url), String(reflecting: url), dumped] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("redacted"))
        }
        #expect("\(try DatabaseURL("sqlite:a.db"))" == "sqlite:a.db")
    }
}
