import Kernel
import Passes
import Testing

/// The table of prices (S4-SESS-02, S4-SESS-04).
@Suite struct PriceTableTests {
    private static let steps: [PriceTable.Step] = [
        .init(fromCount: 0, amountMinor: 120), .init(fromCount: 3, amountMinor: 240),
        .init(fromCount: 10, amountMinor: 480),
    ]

    @Test(
        arguments: [
            (0, 120), (1, 120), (2, 120), (3, 240), (9, 240), (10, 480), (1_000_000, 480), (Int64.max, 480),
        ] as [(Int64, Int64)])
    func `a day pass costs the step of its count`(count: Int64, price: Int64) throws {
        let table = try #require(PriceTable(license: Money(4800, .jpy), daypass: Self.steps))
        #expect(table.daypass(afterUnlocks: count) == Money(price, .jpy))
    }

    @Test(
        arguments: [
            [], [(1, 120)], [(0, 120), (0, 240)], [(0, 120), (5, 240), (3, 480)], [(0, 49)],
            [(0, 120), (3, 100_000_000)],
            [(-1, 120)], [(0, 0)],
        ] as [[(Int64, Int64)]])
    func `steps that leave a count without a price, or that Stripe would not charge, are no table`(
        steps: [(Int64, Int64)]
    ) {
        let steps = steps.map { PriceTable.Step(fromCount: $0.0, amountMinor: $0.1) }
        #expect(PriceTable(license: Money(4800, .jpy), daypass: steps) == nil)
    }

    @Test(arguments: [0, 49, 100_000_000, -1] as [Int64])
    func `a licence that Stripe would not charge makes no table`(price: Int64) {
        #expect(PriceTable(license: Money(price, .jpy), daypass: Self.steps) == nil)
    }
}

/// Where buyers may be sent (S4-URL-01): no open redirect, no script, no file.
@Suite struct ReturnURLTests {
    @Test(arguments: [
        "timekeeper://purchase", "timekeeper://purchase/done", "com.example.app://pay",
        "https://app.example.com/purchase",
        "http://127.0.0.1:8080/device/return", "http://localhost/device", "https://app.example.com",
    ])
    func `links of an app and of https are return addresses`(url: String) {
        #expect(PassesConfiguration.isReturnURL(url))
    }

    @Test(arguments: [
        "", "timekeeper", "timekeeper://", "javascript://alert(1)", "data://text", "file:///etc/passwd",
        "http://example.com/", "http://127.0.0.1.evil.example/", "http://localhost.evil.example/",
        "https://app.example.com@evil.example/", "https://app.example.com/?next=1", "https://app.example.com/#x",
        "https://app.example.com/a b", "https://app.example.com/{CHECKOUT_SESSION_ID}", "HTTPS://app.example.com/",
        "1app://x", "//app.example.com/", "https:app.example.com", "time keeper://x", "アプリ://x",
        "https://app.example.com/\n", "https:///x", "intent://x", "view-source://x",
    ])
    func `everything else is none`(url: String) {
        #expect(!PassesConfiguration.isReturnURL(url))
    }
}
