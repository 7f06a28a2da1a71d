import AppTesting
import DatabaseTesting
import Foundation
import Kernel
import KessaiAPI
import KessaiClient
import Testing

/// The chapter about the client holds code that compiles: that of the example, and of this test.
@Suite struct ChapterTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func lines(of path: String) throws -> [String] {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8).split(separator: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }

    @Test func `what the chapter shows is code of the example, or of this test`() throws {
        let sources = try [
            "Examples/Timekeeper/Sources/timekeeper/Timekeeper.swift",
            "Examples/Timekeeper/Sources/timekeeper/Purchases.swift", "Tests/KessaiClientTests/ChapterTests.swift",
        ].map { try Self.lines(of: $0).joined(separator: "\n") }
        let chapter = try Self.lines(of: "docs/swift-client.md")
        var blocks = chapter.split(separator: "```swift", omittingEmptySubsequences: false).dropFirst()
            .map { $0.prefix { $0 != "```" }.joined(separator: "\n") }
        // How a package is named is no code of ours.
        blocks.removeFirst()
        #expect(blocks.count >= 4)
        for block in blocks { #expect(sources.contains { $0.contains(block) }, "\(block)") }
    }

    @Test func `the chapter's order is placed and paid`() async throws {
        try await World.run(on: .sqlite) { world in
            try await world.stockShop()
            let client = try PassShop(world).client
            let (email, password) = (Secret("hana@example.com"), Secret("a long enough password"))
            let key = client.makeRequestKey()
            try await client.register(email: email, password: password)
            let buyer = try await client.logIn(email: email, password: password)
            let order = try await buyer.placeOrder([.init(productID: "tea", quantity: 2)], key: key)
            let payment = try await buyer.openPayment(order: order.id)
            try await world.confirm(payment.paymentIntentID)
            await world.deliver()
            let paid = try await buyer.order(order.id)
            #expect(paid.status == "paid")
        }
    }
}
