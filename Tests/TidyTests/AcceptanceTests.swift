import Testing

/// What is promised is proved: every id is named by a test, or says where else it stands.
@Suite struct AcceptanceTests {
    /// The ids of the list, and for those that no test names the reason.
    private static let list: [(id: String, reason: String?)] = SourceTree.golden("acceptance.txt")
        .split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            let reason = parts.count > 1 ? parts[1].drop { $0 == " " } : nil
            return (id: String(parts[0]), reason: reason.map(String.init))
        }

    /// The ids that tests name, in their titles or in the comments directly above them or their suites.
    private static let named: Set<String> = {
        var named: Set<String> = []
        // This suite speaks of ids and proves none.
        for file in SourceTree.swift(in: "Tests") where !file.path.hasSuffix("/AcceptanceTests.swift") {
            named.formUnion(ids(in: NamingText.of(file.text)))
        }
        return named
    }()

    /// The ids in a text; a first id, ` to ` and a last id name all between.
    private static func ids(in text: String) -> Set<String> {
        var ids: Set<String> = []
        for match in text.matches(of: /\b((?:GEN|S\d-[A-Z]+)-)(\d\d)(?: to (?:GEN|S\d-[A-Z]+)-(\d\d))?/) {
            guard let first = Int(match.2), let last = Int(match.3 ?? match.2), first <= last else { continue }
            for number in first...last { ids.insert(match.1 + (number < 10 ? "0" : "") + String(number)) }
        }
        return ids
    }

    @Test func `every id is named by a test or has a reason`() {
        #expect(Self.list.count >= 85)
        for (id, reason) in Self.list {
            if let reason {
                #expect(reason.count > 10, "\(id) needs a reason")
            } else {
                #expect(Self.named.contains(id), "no test names \(id)")
            }
        }
    }

    @Test func `every id stands once, in order`() {
        let ids = Self.list.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(ids == ids.sorted())
    }

    @Test func `tests name no id of these families that does not exist`() {
        let known = Set(Self.list.map(\.id))
        let families = ["GEN-", "S3-", "S4-"]
        for id in Self.named where families.contains(where: { id.hasPrefix($0) }) {
            #expect(known.contains(id), "\(id) is named and is not on the list")
        }
    }

    @Test func `only titles and the comments directly above count`() {
        let text = """
            /// S9-NOT-01 is of no test.
            struct World {}

            /// S9-YES-01 to S9-YES-03.
            @Suite struct Some {
                /// S9-NOT-02

                /// S9-YES-04
                @Test(arguments: [1])
                func
                    `a title (S9-YES-05)`(number: Int)
                {
                    // S9-NOT-03
                    let text = `class` + "S9-NOT-04"
                }
                @Test func plain() { _ = `self`("S9-NOT-05") }
            }
            """
        #expect(
            Self.ids(in: NamingText.of(text))
                == ["S9-YES-01", "S9-YES-02", "S9-YES-03", "S9-YES-04", "S9-YES-05"])
    }
}

/// What tests say of themselves.
enum NamingText {
    /// The titles of tests in Swift, and the comments directly above tests and suites.
    static func of(_ text: String) -> String {
        var kept = ""
        var comment = ""
        var isDeclaring = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let line = line.drop { $0 == " " }
            if line.hasPrefix("///") {
                comment += line + "\n"
                continue
            }
            if line.hasPrefix("@Test") || line.hasPrefix("@Suite") {
                kept += comment
                isDeclaring = true
            }
            comment = ""
            guard isDeclaring else { continue }
            let parts = line.split(separator: "`", omittingEmptySubsequences: false)
            let isNamed = line.firstRange(of: /\b(func|struct|enum|class|actor)[ ]/) != nil
            // A long title stands on a line of its own, behind a bare `func`.
            if parts.count > 2, parts[0].isEmpty || parts[0].hasSuffix("func ") { kept += parts[1] + "\n" }
            if isNamed || parts[0].isEmpty && parts.count > 2 { isDeclaring = false }
        }
        return kept
    }
}
