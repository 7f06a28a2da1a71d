import Testing

/// What is promised of Orders is proved: every id is named by a test, or says where else it stands.
@Suite struct AcceptanceTests {
    /// The ids of the list, and for those that no test names the reason.
    private static let list: [(id: String, reason: String?)] = SourceTree.golden("acceptance-orders.txt")
        .split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            let reason = parts.count > 1 ? parts[1].drop { $0 == " " } : nil
            return (id: String(parts[0]), reason: reason.map(String.init))
        }

    /// The ids that tests name; `S3-FLOW-02 to S3-FLOW-05` names four.
    private static let named: Set<String> = {
        var named: Set<String> = []
        for file in SourceTree.files
        where file.path.hasPrefix("Tests/") && (file.path.hasSuffix(".swift") || file.path.hasSuffix(".py")) {
            for match in file.text.matches(of: /\b((?:GEN|S\d-[A-Z]+)-)(\d\d)(?: to (?:GEN|S\d-[A-Z]+)-(\d\d))?/) {
                guard let first = Int(match.2), let last = Int(match.3 ?? match.2), first <= last else { continue }
                for number in first...last {
                    named.insert(match.1 + (number < 10 ? "0" : "") + String(number))
                }
            }
        }
        return named
    }()

    @Test func `every id is named by a test or has a reason`() {
        #expect(Self.list.count >= 55)
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
        let families = ["GEN-", "S3-"]
        for id in Self.named where families.contains(where: { id.hasPrefix($0) }) {
            #expect(known.contains(id), "\(id) is named and is not on the list")
        }
    }
}
