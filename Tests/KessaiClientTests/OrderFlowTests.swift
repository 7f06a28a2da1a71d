import AppTesting
import DatabaseTesting
import HTTP
import Kernel
import KernelTesting
import KessaiAPI
import KessaiClient
import StripeSandbox
import Testing

/// Buying from the shop by the Swift client.
@Suite struct OrderFlowTests {
    private static let email = Secret("hana@example.com")
    private static let password = Secret("a long enough password")

    private static func run(on engine: TestEngine, _ body: (PassShop, KessaiBuyer) async throws -> Void) async throws {
        try await World.run(on: engine) { world in
            try await world.stockShop()
            let shop = try PassShop(world)
            // A lost answer of a registration makes no second account, and no error.
            shop.transport.meet(.loseAnswer)
            let made = try await shop.client.register(email: email, password: password, name: "Hana")
            let buyer = try await shop.client.logIn(email: email, password: password)
            let account = try await buyer.account()
            #expect(account == made)
            try await body(shop, buyer)
            try await world.expectBooks()
        }
    }

    @Test(arguments: TestEngine.all)
    func `somebody registers, orders, pays, and sees the paid order`(engine: TestEngine) async throws {
        try await Self.run(on: engine) { shop, buyer in
            let first = try await shop.client.products(limit: 1)
            let cursor: String = try #require(first.nextCursor)
            let rest = try await shop.client.products(cursor: cursor)
            #expect(Set((first.data + rest.data).map(\.id)) == ["tea", "pot"])
            let key = shop.client.makeRequestKey()
            shop.transport.meet(.loseAnswer)
            let order = try await buyer.placeOrder([.init(productID: "tea", quantity: 2)], key: key)
            #expect(order.total.amount == 1960)
            let again = try await buyer.placeOrder([.init(productID: "tea", quantity: 2)], key: key)
            #expect(again == order)
            let reused = try await thrownError {
                try await buyer.placeOrder([.init(productID: "tea", quantity: 3)], key: key)
            }
            #expect(reused.code == "idempotency_key_reused")
            shop.transport.meet(.loseAnswer)
            let payment = try await buyer.openPayment(order: order.id, amount: 1960)
            #expect(payment.amount == 1960)
            let repeated = try await buyer.openPayment(order: order.id)
            #expect(repeated == payment)
            try await shop.world.confirm(payment.paymentIntentID)
            await shop.world.deliver()
            let paid = try await buyer.order(order.id)
            #expect(paid.status == "paid")
            let byNumber = try await buyer.order(String(order.number))
            #expect(byNumber == paid)
            let mine = try await buyer.orders()
            #expect(mine.data == [paid])
            let late = try await thrownError { try await buyer.cancel(order: order.id) }
            #expect(late.code == "order_not_cancelable")
        }
    }

    @Test(arguments: TestEngine.all)
    func `an unpaid order is canceled, at once or when Stripe answers again`(engine: TestEngine) async throws {
        try await Self.run(on: engine) { shop, buyer in
            let order = try await buyer.placeOrder(
                [.init(productID: "pot", quantity: 1)], key: shop.client.makeRequestKey())
            _ = try await buyer.openPayment(order: order.id)
            _ = shop.world.sandbox.add(.init(.outage, times: nil))
            let begun = try await buyer.cancel(order: order.id)
            guard case .underWay = begun else { throw Unexpected(what: "\(begun)") }
            shop.world.sandbox.clearFaults()
            let ended = try await buyer.cancel(order: order.id)
            guard case .canceled(let canceled) = ended else { throw Unexpected(what: "\(ended)") }
            #expect(canceled.status == "canceled")
        }
    }

    @Test(arguments: TestEngine.all)
    func `refusals of accounts and orders are typed`(engine: TestEngine) async throws {
        try await Self.run(on: engine) { shop, buyer in
            let taken = try await thrownError {
                try await shop.client.register(email: Self.email, password: Self.password)
            }
            #expect(taken.code == "email_taken")
            let wrong = try await thrownError {
                try await shop.client.logIn(email: Self.email, password: Secret("not the password"))
            }
            #expect(wrong.code == "login_not_valid")
            #expect(!"\(wrong)".contains("hana"))
            let missing = try await thrownError { try await buyer.order("00000000-0000-7000-8000-000000000000") }
            #expect(missing.code == "order_not_found")
            let sold = try await thrownError {
                try await buyer.placeOrder(
                    [.init(productID: "tea", quantity: 101)], key: shop.client.makeRequestKey())
            }
            #expect(sold.code == "out_of_stock")
            let stranger = try await thrownError { try await shop.client.buyer(token: Secret("unknown")).account() }
            #expect(stranger.code == "token_not_valid")
        }
    }
}
