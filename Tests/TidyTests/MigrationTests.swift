import Database
import KessaiApp
import Testing

/// Migrations only grow: what has shipped is never edited.
@Suite struct MigrationTests {
    @Test func `every step is as the golden file says, and the file has every step`() {
        let golden = SourceTree.golden("migrations.golden").split(separator: "\n").map(String.init)
        let current = KessaiApp.migrations.map {
            "\($0.id) sqlite:\($0.checksum(.sqlite)) postgresql:\($0.checksum(.postgresql))"
        }.sorted()
        for line in golden where !current.contains(line) {
            Issue.record("edited or removed: \(line). Write a new step instead.")
        }
        for line in current where !golden.contains(line) {
            Issue.record("new, add to migrations.golden: \(line)")
        }
        #expect(golden == golden.sorted())
    }

    @Test func `ids are feature, number and name, and numbers rise`() {
        var last: [Substring: Int] = [:]
        for migration in KessaiApp.migrations {
            let parts = migration.id.split(separator: "/")
            let number = parts.last.flatMap { Int($0.prefix(4)) } ?? 0
            #expect(migration.id.wholeMatch(of: /[a-z]+\/\d{4}_[a-z0-9_]+/) != nil, "\(migration.id)")
            #expect(number == (last[parts[0]] ?? 0) + 1, "\(migration.id)")
            last[parts[0]] = number
        }
    }
}
