import HTTP
public import Kernel

/// How the buyer came back from the payment page, read from the link that opened the app.
///
/// Anybody can open such a link. What it says is a claim: only a confirmation by the server unlocks anything, and the
/// server takes a token only from the device that it was made for. The reading is strict all the same, so that nothing
/// strange travels further: the address must be one that the app gave out, every member must be there once and have its
/// own shape.
public enum PurchaseReturn: Sendable, Equatable {
    /// The buyer finished: confirm it.
    case paid(Paid)
    /// The buyer went back without paying. The page stays open, and the purchase can go on.
    case canceled(PassProduct)

    /// What a finished purchase brings along.
    public struct Paid: Sendable, Equatable {
        /// What was bought, as the link claims.
        public let product: PassProduct
        /// What confirms the purchase, for this device alone. Store it until the purchase is confirmed.
        public let token: Secret
        /// The session at Stripe, `cs_…`.
        public let sessionID: String

        /// A finished purchase, as it was stored. nil when a part cannot be what it says.
        public init?(product: PassProduct, token: Secret, sessionID: String) {
            guard Self.isToken(token.reveal()), Self.isSession(sessionID) else { return nil }
            self.product = product
            self.token = token
            self.sessionID = sessionID
        }

        /// Letters of base64url, as the server makes them.
        private static func isToken(_ text: String) -> Bool { isWord(text, lengthMax: 200, and: "-_") }

        private static func isSession(_ text: String) -> Bool {
            text.hasPrefix("cs_") && text.utf8.count > 3 && isWord(text, lengthMax: 255, and: "_")
        }

        private static func isWord(_ text: String, lengthMax: Int, and others: String) -> Bool {
            (1...lengthMax).contains(text.utf8.count)
                && text.utf8.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                    default: others.utf8.contains(byte)
                    }
                }
        }
    }

    /// Reads the link that opened the app. nil when it is not a return from the payment page to one of `returnURLs`,
    /// which are those that the server is configured with, such as `timekeeper://purchase`.
    ///
    /// Members that are not known here are passed over, as https links collect such on their way; a known one that
    /// comes twice is refused.
    public init?(_ link: String, returnURLs: [String]) {
        guard link.utf8.count <= 4096, link.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !link.contains("#"),
            let mark = link.firstIndex(of: "?"), returnURLs.contains(String(link[..<mark])),
            let pairs = PercentCoding.pairs(link[link.index(after: mark)...])
        else { return nil }
        var members: [String: String] = [:]
        for pair in pairs where Self.names.contains(pair.name) {
            guard members.updateValue(pair.value, forKey: pair.name) == nil else { return nil }
        }
        guard let product = members["product_type"].flatMap({ PassProduct(rawValue: $0) }) else { return nil }
        let (token, session) = (members["purchase_token"], members["session_id"])
        switch members["result"] {
        case "success":
            guard let token, let session, let paid = Paid(product: product, token: Secret(token), sessionID: session)
            else { return nil }
            self = .paid(paid)
        case "cancel":
            guard token == nil, session == nil else { return nil }
            self = .canceled(product)
        default: return nil
        }
    }

    private static let names: Set<String> = ["result", "product_type", "purchase_token", "session_id"]
}
