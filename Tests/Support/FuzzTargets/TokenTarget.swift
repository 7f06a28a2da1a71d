internal import Crypto
internal import JSON
internal import Kernel

@testable internal import Accounts

extension FuzzTarget {
    /// A token as it is sent; or a header and a payload on two lines, which are signed here as only we can.
    static let token = FuzzTarget("token", "bearer tokens, and claims that were signed") {
        guard let key = SigningKey(seed: [UInt8](repeating: 7, count: 32)) else {
            throw BrokenProperty(description: "there is no key")
        }
        let properties = TokenProperties(key: key)
        return { input in
            if let (header, payload) = input.cut(at: UInt8(ascii: "\n")) {
                let signed = Base64URL.encode(header) + "." + Base64URL.encode(payload)
                try properties.check(signed + "." + Base64URL.encode(key.sign(Array(signed.utf8))), payload: payload)
            } else if let text = String(validating: input, as: UTF8.self) {
                try properties.check(text, payload: nil)
            }
        }
    }
}

struct TokenProperties: Sendable {
    let key: SigningKey
    private let now = Timestamp(epochSeconds: 1_795_233_600)
    private let issuer = "https://pay.example"

    /// What is taken is exactly what we write: three canonical parts, our algorithm, our six claims, good now.
    func check(_ text: String, payload: [UInt8]?) throws {
        guard let token = try? JSONWebToken(parsing: text) else { return }  // Refused is well.
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { Base64URL.decode($0) }
        try hold(parts.count == 3 && bytes.map { Base64URL.encode($0) }.joined(separator: ".") == text, "not canonical")
        let header = try JSONValue(parsing: bytes[0])
        let expected: JSONValue = ["alg": "EdDSA", "typ": "JWT", "kid": .string(token.keyID)]
        try hold(header == expected && token.keyID.utf8.count == 16, "a header is taken: \(header.text())")

        let other = SigningKey(seed: [UInt8](repeating: 8, count: 32))?.publicKey ?? []
        try hold((try? token.claims(signedBy: other)) == nil, "another key proves it: \(text)")
        guard let claims = try? token.claims(signedBy: key.publicKey) else { return }  // Refused is well.
        if payload == nil {
            // Whoever has not the key cannot have made it: it is a token of ours, as it was.
            try hold(Base64URL.encode(key.sign(Array("\(parts[0]).\(parts[1])".utf8))) == parts[2], "forged: \(text)")
        }
        try checkClaims(claims, bytes[1])
    }

    private func checkClaims(_ claims: AccessClaims, _ payload: [UInt8]) throws {
        let json = try JSONValue(parsing: payload)
        try hold(json.object?.count == 6, "claims of \(payload.shown())")
        for name in ["iss", "role", "iat", "exp", "jti"] {
            try hold(json[name] == claims.json[name], "the claim \(name) of \(payload.shown())")
        }
        let again = try AccessClaims(payload: claims.json.bytes())
        try hold(again == claims, "claims are read otherwise again: \(payload.shown())")
        for retiresAt in [Timestamp(epochMs: .max), now.adding(.seconds(-100))] {
            do throws(TokenFault) {
                try claims.check(now: now, issuer: issuer, keyRetiresAt: retiresAt)
            } catch {
                continue
            }
            let (from, to) = (claims.issuedAtSeconds, claims.expiresAtSeconds)
            let isGood =
                claims.issuer == issuer && from - 30 <= now.epochSeconds && now.epochSeconds < to + 30
                && to > from && to - from <= 86_400 && from - 30 <= retiresAt.epochSeconds
            try hold(isGood, "claims are good: \(payload.shown())")
        }
    }
}
