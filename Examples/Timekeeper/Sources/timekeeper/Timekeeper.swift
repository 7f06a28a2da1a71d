import CurlTransport
import Foundation
import HTTP
import Kernel
import KessaiAPI
import KessaiClient

/// An app that plays a device, on a command line.
@main struct Timekeeper {
    static let usage = """
        usage: timekeeper [--server URL] [--notes FILE] [--pay SANDBOX_URL] COMMAND
          status          what this device has, and what it can buy
          buy-license     begin to buy the app for ever, and print the page to open
          buy-daypass     begin to buy the app for today, and print the page to open
          confirm LINK    what the system does when the page opens timekeeper://purchase?...
          use             use the app: exit status 0 when it is unlocked, 1 when it is locked
        --server   http://127.0.0.1:8080
        --notes    timekeeper.json: what the app must know again after a restart
        --pay      pay on the page of this Stripe sandbox, with its test card, and come back
        """

    static func main() async {
        var words = Array(CommandLine.arguments.dropFirst())
        let server = option("--server", in: &words) ?? "http://127.0.0.1:8080"
        let file = option("--notes", in: &words) ?? "timekeeper.json"
        let sandbox = option("--pay", in: &words)
        do {
            let transport = try CurlTransport(log: .silent)
            let client = try KessaiClient(baseURL: server, transport: transport)
            defer { transport.close() }
            let notes = try Notes(path: file, newDeviceID: client.makeDeviceID)
            var app = Purchases(client: client, clock: SystemClock(), notes: notes)
            let buyer = sandbox.map { SandboxBuyer(sandbox: $0, transport: transport) }
            switch (words.first, words.count) {
            case ("status", 1): show(try await app.resume())
            case ("buy-license", 1): try await buy(.license, by: buyer, in: &app)
            case ("buy-daypass", 1): try await buy(.daypass, by: buyer, in: &app)
            case ("confirm", 2): try await confirm(words[1], in: &app)
            case ("use", 1):
                let device = try await app.resume(waitsMax: 5)
                show(device)
                if !device.unlocked { exit(1) }
            default:
                print(usage)
                exit(2)
            }
        } catch {
            print("timekeeper: \(error)")
            exit(1)
        }
    }

    private static func buy(_ product: PassProduct, by buyer: SandboxBuyer?, in app: inout Purchases) async throws {
        guard let page = try await app.begin(product) else { return show(try await app.resume()) }
        print("open: \(page.checkoutURL)")
        print("\(page.price.amount) \(page.price.currency), purchase \(page.reference)")
        if let buyer { try await confirm(try await buyer.pay(session: page.sessionID), in: &app) }
    }

    private static func confirm(_ link: String, in app: inout Purchases) async throws {
        switch try await app.opened(by: link) {
        case .confirmed(let purchase):
            print("confirmed: purchase \(purchase.reference), \(purchase.price.amount) \(purchase.price.currency)")
        case .pending(let purchase, _): print(purchase.guidance)
        case .deliveryPending(let guidance, _): print(guidance)
        case nil: print("not paid: the page stays open")
        }
    }

    private static func show(_ device: DeviceResponse) {
        if device.licensePurchased {
            print("unlocked for ever")
        } else if let until = device.unlockedUntil {
            print("unlocked until \(until.timestamp)")
        } else {
            print("locked; today costs \(amount(device.nextPrice)), for ever \(amount(device.licensePrice))")
        }
        for purchase in device.pendingPurchases { print(purchase.guidance) }
    }

    private static func amount(_ money: MoneyDTO?) -> String {
        money.map { "\($0.amount) \($0.currency)" } ?? "nothing"
    }

    private static func option(_ name: String, in words: inout [String]) -> String? {
        guard let place = words.firstIndex(of: name), place + 1 < words.count else { return nil }
        defer { words.removeSubrange(place...(place + 1)) }
        return words[place + 1]
    }
}
