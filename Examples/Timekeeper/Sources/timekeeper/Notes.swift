import Foundation
import Kernel
import KessaiClient

/// What the app must know again after a restart, in a small file that only its user can read. An app with a keychain
/// would keep the tokens there.
struct Notes {
    private struct Content: Codable {
        var deviceID: String
        var purchases: [String: Purchase] = [:]
    }

    private struct Purchase: Codable {
        var key: RequestKey?
        var token: String?
        var sessionID: String?
    }

    private let file: URL
    private var content: Content

    /// Reads the file, or begins one for a device with this id.
    init(path: String, newDeviceID: () -> String) throws {
        file = URL(fileURLWithPath: path)
        if FileManager.default.fileExists(atPath: path) {
            content = try JSONDecoder().decode(Content.self, from: Data(contentsOf: file))
        } else {
            content = Content(deviceID: newDeviceID())
            try write()
        }
    }

    /// The name that everything is bought for.
    var deviceID: String { content.deviceID }

    /// What was paid, as the links said, and not confirmed yet.
    var unconfirmed: [PurchaseReturn.Paid] {
        content.purchases.sorted { $0.key < $1.key }.compactMap { name, purchase in
            guard let product = PassProduct(rawValue: name), let token = purchase.token,
                let sessionID = purchase.sessionID
            else { return nil }
            return PurchaseReturn.Paid(product: product, token: Secret(token), sessionID: sessionID)
        }
    }

    /// The key of the purchase that is under way, or of a new one, which is written down first.
    mutating func key(of product: PassProduct, or make: () -> RequestKey) throws -> RequestKey {
        if let known = content.purchases[product.rawValue]?.key { return known }
        let key = make()
        content.purchases[product.rawValue, default: Purchase()].key = key
        try write()
        return key
    }

    /// Writes down what confirms a purchase, before it is confirmed.
    mutating func keep(_ paid: PurchaseReturn.Paid) throws {
        var purchase = content.purchases[paid.product.rawValue] ?? Purchase()
        purchase.token = paid.token.reveal()
        purchase.sessionID = paid.sessionID
        content.purchases[paid.product.rawValue] = purchase
        try write()
    }

    /// Ends a purchase.
    mutating func forget(_ product: PassProduct) throws {
        content.purchases[product.rawValue] = nil
        try write()
    }

    /// Ends every purchase that the server has not open.
    mutating func forget(allBut open: [String]) throws {
        content.purchases = content.purchases.filter { open.contains($0.key) }
        try write()
    }

    /// Puts a whole new file in the place of the old one, so that a crash leaves one of them.
    private func write() throws {
        let next = file.path + ".next"
        let bytes = try JSONEncoder().encode(content)
        guard
            FileManager.default.createFile(atPath: next, contents: bytes, attributes: [.posixPermissions: 0o600]),
            rename(next, file.path) == 0
        else { throw NotesNotWritten() }
    }
}

/// The notes cannot be written; nothing is bought then.
struct NotesNotWritten: Error {}
