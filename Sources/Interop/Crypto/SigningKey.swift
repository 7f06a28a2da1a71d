private import CSodium

/// An Ed25519 key pair, by libsodium.
public struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let secretKey: [UInt8]
    /// The public half: 32 bytes.
    public let publicKey: [UInt8]

    /// The pair of a seed; nil unless it has 32 bytes.
    public init?(seed: [UInt8]) {
        guard seed.count == Int(crypto_sign_SEEDBYTES), sodium_init() >= 0 else { return nil }
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
        var secretKey = [UInt8](repeating: 0, count: Int(crypto_sign_SECRETKEYBYTES))
        guard crypto_sign_seed_keypair(&publicKey, &secretKey, seed) == 0 else { return nil }
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    /// The signature of a message: 64 bytes.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
        crypto_sign_detached(&signature, nil, message, UInt64(message.count), secretKey)
        return signature
    }

    /// Whether `signature` is `publicKey`'s for `message`.
    public static func verify(_ signature: [UInt8], of message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard signature.count == Int(crypto_sign_BYTES), publicKey.count == Int(crypto_sign_PUBLICKEYBYTES),
            sodium_init() >= 0
        else { return false }
        return crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
    }

    /// `<redacted>` (law 13).
    public var description: String { "<redacted>" }
    /// Nothing inside.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
