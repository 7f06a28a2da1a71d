internal import Crypto
public import Kernel
internal import Payments

/// The key that purchase tokens are made with, derived from a secret that lies in no database.
public struct PurchaseTokenKey: Sendable {
    private let bytes: [UInt8]

    /// A key of its own for this use, from a secret of the configuration. When the secret changes, tokens that were
    /// given out stay good, as only their hashes are compared.
    public init(derivedFrom secret: Secret) {
        bytes = Digest.hmacSHA256(key: Array(secret.reveal().utf8), Array("kessai purchase token key v1".utf8))
    }

    /// The token of an order: 256 bits that nobody can guess who lacks the key or the order's random salt.
    ///
    /// It is made by a keyed hash and not drawn, because the call that gives it to Stripe may have to be repeated word
    /// for word after a crash (law 3), and the token itself must not be stored.
    func token(order: OrderID, salt: String) -> Secret {
        let mac = Digest.hmacSHA256(key: bytes, Array("purchase token\n\(order.rawValue)\n\(salt)".utf8))
        return Secret("kpt_" + Base64URL.encode(mac))
    }

    /// What is stored of a token.
    static func hash(of token: Secret) -> String { Hex.encode(Digest.sha256(Array(token.reveal().utf8))) }
}
