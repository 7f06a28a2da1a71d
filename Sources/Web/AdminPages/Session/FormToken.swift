internal import Crypto

/// The proof that a form comes from a page of its session: an HMAC under the session's token, which no other site knows.
enum FormToken {
    private static let purpose = Array("kessai admin form 1".utf8)

    static func make(session: String) -> String {
        Base64URL.encode(Digest.hmacSHA256(key: Array(session.utf8), purpose))
    }

    /// Compares in a time that tells nothing.
    static func isGood(_ token: String, session: String) -> Bool {
        Digest.constantTimeEqual(Array(token.utf8), Array(make(session: session).utf8))
    }
}
