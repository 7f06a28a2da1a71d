internal import Crypto
internal import JSON

/// A JSON Web Token with EdDSA (RFC 7519, RFC 8037), taken apart but not yet proven.
///
/// We read only what we write: the algorithm is fixed, and a header with anything beside `alg`, `kid` and `typ` is
/// refused, so `none`, another algorithm under our key, and keys that come with the token have no way in (RFC 8725).
struct JSONWebToken: Sendable {
    /// The most bytes that are looked at.
    static let bytesMax = 4096
    private static let algorithm = "EdDSA"
    private static let type = "JWT"

    /// `kid`: which key is said to have signed it.
    let keyID: String
    private let signed: [UInt8]
    private let signature: [UInt8]
    private let payload: [UInt8]

    /// Takes a token apart.
    init(parsing text: String) throws(TokenFault) {
        guard text.utf8.count <= Self.bytesMax else { throw .tooLarge }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let headerBytes = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]),
            let header = try? JSONValue(parsing: headerBytes, levelsMax: 2),  // What is wrong is of no interest.
            header.object != nil
        else { throw .malformed }
        guard header["alg"]?.string == Self.algorithm else { throw .wrongAlgorithm }
        guard header.object?.count == 3, header["typ"]?.string == Self.type, let keyID = header["kid"]?.string,
            SigningKeyID.isWellFormed(keyID)
        else { throw .malformed }
        self.keyID = keyID
        self.signature = signature
        self.payload = payload
        signed = Array("\(parts[0]).\(parts[1])".utf8)
    }

    /// What the token claims, once its signature has proven to be the key's. The payload is not read before.
    func claims(signedBy publicKey: [UInt8]) throws(TokenFault) -> AccessClaims {
        guard SigningKey.verify(signature, of: signed, publicKey: publicKey) else { throw .wrongSignature }
        return try AccessClaims(payload: payload)
    }

    /// The text of a token.
    static func sign(_ claims: AccessClaims, keyID: String, key: SigningKey) -> String {
        let header: JSONValue = ["alg": .string(algorithm), "kid": .string(keyID), "typ": .string(type)]
        let signed = Base64URL.encode(header.bytes()) + "." + Base64URL.encode(claims.json.bytes())
        return signed + "." + Base64URL.encode(key.sign(Array(signed.utf8)))
    }
}

/// The names of keys.
enum SigningKeyID {
    /// The name of a key: 96 bits of its public half's digest, 16 characters.
    static func of(_ key: SigningKey) -> String { Base64URL.encode(Array(Digest.sha256(key.publicKey).prefix(12))) }

    /// Whether a stranger's text can be such a name; what cannot never reaches the database.
    static func isWellFormed(_ text: String) -> Bool { text.utf8.count == 16 && Base64URL.decode(text) != nil }
}
