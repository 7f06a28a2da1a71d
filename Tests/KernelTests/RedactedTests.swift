import Kernel
import Testing

/// Law 13: a secret is never seen.
@Suite struct RedactedTests {
    struct Settings {
        let name = "kessai"
        let key = Secret("sk_live_hunter2")
        let keys = [Secret("whsec_hunter2")]
        let nested: Redacted<[String: String]>? = Redacted(["password": "hunter2"])
    }
    enum Login: Error { case refused(Secret) }

    private static func everyWayToPrint(_ value: some Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        var printed = ""
        print(value, to: &printed)
        var debugged = ""
        debugPrint(value, to: &debugged)
        return [
            "\(value)", String(describing: value), String(reflecting: value), dumped, printed, debugged,
            "\(Mirror(reflecting: value).children.map { "\($0.value)" })",
        ]
    }

    @Test func `no way of printing shows it`() {
        for text in Self.everyWayToPrint(Secret("hunter2")) { #expect(!text.contains("hunter2")) }
        for text in Self.everyWayToPrint(Settings()) { #expect(!text.contains("hunter2")) }
        for text in Self.everyWayToPrint(Login.refused(Secret("hunter2"))) { #expect(!text.contains("hunter2")) }
        for text in Self.everyWayToPrint([Secret("hunter2")]) { #expect(!text.contains("hunter2")) }
        for text in Self.everyWayToPrint(Optional(Redacted(["hunter2"]))) { #expect(!text.contains("hunter2")) }
        #expect("\(Secret("hunter2"))" == "<redacted>")
        #expect(String(reflecting: Secret("hunter2")) == "<redacted>")
    }

    @Test func `the one who must have it gets it`() {
        #expect(Secret("hunter2").reveal() == "hunter2")
        #expect(Secret("a") == Secret("a"))
        #expect(Secret("a") != Secret("b"))
        #expect(Set([Secret("a"), Secret("a")]).count == 1)
    }
}
