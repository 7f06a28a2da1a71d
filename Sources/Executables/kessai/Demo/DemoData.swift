internal import Accounts
internal import Audit
internal import Identity
internal import Kernel
internal import KessaiApp
internal import Shop

/// The demo's accounts, products and devices. Loading them again changes nothing but the stock.
enum DemoData {
    static let products = [
        Product(
            id: "sencha", name: "煎茶 100g", description: "Sencha green tea, 100 g", unitAmount: Money(980, .jpy),
            stock: 500, active: true),
        Product(
            id: "teapot", name: "急須", description: "A clay teapot", unitAmount: Money(14_540, .jpy), stock: 40,
            active: true),
        Product(
            id: "gift-wrap", name: "ギフト包装", description: "Gift wrapping", unitAmount: Money(330, .jpy), stock: nil,
            active: true),
    ]

    /// What the ids of the demo's devices begin with.
    static let devicePrefix = "demo-"

    static func load(into app: KessaiApp, logins: [DemoWorld.Login]) async throws {
        _ = try await app.products.importAll(products, by: .cli)
        for login in logins {
            do {
                _ = try await app.accounts.addUser(
                    email: Secret(login.email), password: Secret(login.password), name: nil,
                    role: Role(rawValue: login.role) ?? .buyer, actor: .cli)
            } catch AccountsError.emailTaken {
                continue
            }
        }
    }
}
