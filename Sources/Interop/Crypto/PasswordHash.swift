private import CSodium
public import Kernel

/// Argon2id hashes of passwords, by libsodium. Each call takes tens of milliseconds and its memory on purpose: it must
/// run on a thread of its own, never on the cooperative pool.
public struct PasswordHash: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// The hash in libsodium's own text form, which carries salt and cost.
    public let text: String

    /// How much work a hash costs.
    public struct Cost: Sendable, Equatable {
        /// Passes over the memory.
        public let passes: UInt64
        /// Memory in bytes.
        public let memoryBytes: Int

        /// libsodium's interactive cost: 2 passes over 64 MiB.
        public static let interactive = Cost(passes: 2, memoryBytes: 64 << 20)
        /// The least there is; for tests.
        public static let least = Cost(passes: 1, memoryBytes: 8 << 10)
    }

    /// A hash as it was stored.
    public init(stored text: String) { self.text = text }

    /// A new hash of `password`, salted by libsodium's own generator; nil when there is no memory for it.
    public init?(of password: Secret, cost: Cost) {
        guard sodium_init() >= 0 else { return nil }
        let bytes = Array(password.reveal().utf8).map { CChar(bitPattern: $0) }
        var output = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
        let status = crypto_pwhash_str_alg(
            &output, bytes, UInt64(bytes.count), cost.passes, cost.memoryBytes, crypto_pwhash_ALG_ARGON2ID13)
        guard status == 0 else { return nil }
        text = String(decoding: output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether `password` is the one that was hashed; takes as long as hashing it did.
    public func matches(_ password: Secret) -> Bool {
        guard sodium_init() >= 0, text.utf8.count < Int(crypto_pwhash_STRBYTES) else { return false }
        let bytes = Array(password.reveal().utf8).map { CChar(bitPattern: $0) }
        return crypto_pwhash_str_verify(text, bytes, UInt64(bytes.count)) == 0
    }

    /// Whether the hash was made at another cost than this, or is no hash at all: then the next log-in makes it anew.
    public func isOutdated(for cost: Cost) -> Bool {
        guard sodium_init() >= 0, text.utf8.count < Int(crypto_pwhash_STRBYTES) else { return true }
        return crypto_pwhash_str_needs_rehash(text, cost.passes, cost.memoryBytes) != 0
    }

    /// `<redacted>`: a hash invites guessing (law 13).
    public var description: String { "<redacted>" }
    /// Nothing inside.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
