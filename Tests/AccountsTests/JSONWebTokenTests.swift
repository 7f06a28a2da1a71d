import Crypto
import DatabaseTesting
import HTTP
import Identity
import JSON
import Kernel
import KernelTesting
import Testing

@testable import Accounts

/// The tokens of accounts, and what is none: the table of RFC 8725's attacks.
@Suite struct JSONWebTokenTests {
    /// What a forger may do to a token, with the true key at hand where that is the point.
    struct Forgery: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let fault: TokenFault
        let make: @Sendable (StoredSigningKey, AccessClaims) throws -> String

        init(
            _ name: String, _ fault: TokenFault,
            _ make: @escaping @Sendable (StoredSigningKey, AccessClaims) throws -> String
        ) {
            testDescription = name
            self.fault = fault
            self.make = make
        }

        /// Signed by the true key, with other claims.
        static func claims(
            _ name: String, _ fault: TokenFault, _ change: @escaping @Sendable (inout AccessClaims) -> Void
        )
            -> Forgery
        {
            Forgery(name, fault) { key, claims in
                var claims = claims
                change(&claims)
                return JSONWebToken.sign(claims, keyID: key.keyID, key: key.key)
            }
        }

        /// Signed by the true key, with another header or payload.
        static func parts(
            _ name: String, _ fault: TokenFault, header: @escaping @Sendable (String) -> JSONValue = Self.header,
            payload: @escaping @Sendable (JSONValue) -> String = { $0.text() }
        ) -> Forgery {
            Forgery(name, fault) { key, claims in
                let signed =
                    Base64URL.encode(header(key.keyID).bytes()) + "."
                    + Base64URL.encode(Array(payload(claims.json).utf8))
                return signed + "." + Base64URL.encode(key.key.sign(Array(signed.utf8)))
            }
        }

        /// A good token, then changed as text.
        static func text(_ name: String, _ fault: TokenFault, _ change: @escaping @Sendable (String) -> String)
            -> Forgery
        {
            Forgery(name, fault) { key, claims in change(JSONWebToken.sign(claims, keyID: key.keyID, key: key.key)) }
        }

        @Sendable static func header(_ keyID: String) -> JSONValue {
            ["alg": "EdDSA", "kid": .string(keyID), "typ": "JWT"]
        }

        @Sendable static func part(_ text: String, _ index: Int) -> String {
            String(text.split(separator: ".", omittingEmptySubsequences: false)[index])
        }
    }

    static let forgeries: [Forgery] = [
        // Text.
        .text("empty", .malformed) { _ in "" },
        .text("two parts", .malformed) { Forgery.part($0, 0) + "." + Forgery.part($0, 1) },
        .text("four parts", .malformed) { $0 + "." },
        .text("no signature", .wrongSignature) { Forgery.part($0, 0) + "." + Forgery.part($0, 1) + "." },
        .text("padding", .malformed) { $0 + "==" },
        .text("a tab", .malformed) { "\t" + $0 },
        .text("not base64url", .malformed) { $0 + "+" },
        .text("stray bits in the last digit", .malformed) { String($0.dropLast()) + "B" },
        .text("a signature cut short", .wrongSignature) { text in
            let signature = Base64URL.decode(Forgery.part(text, 2)) ?? []
            return Forgery.part(text, 0) + "." + Forgery.part(text, 1) + "."
                + Base64URL.encode(Array(signature.dropLast()))
        },
        .text("too long", .tooLarge) { $0 + String(repeating: "A", count: 4096) },
        .text("another payload under the signature", .wrongSignature) { text in
            let payload = Base64URL.decode(Forgery.part(text, 1)) ?? []
            let changed = String(decoding: payload, as: UTF8.self).replacing("buyer", with: "operator")
            return Forgery.part(text, 0) + "." + Base64URL.encode(Array(changed.utf8)) + "." + Forgery.part(text, 2)
        },
        // Header.
        .parts("alg none", .wrongAlgorithm, header: { ["alg": "none", "kid": .string($0), "typ": "JWT"] }),
        .parts("alg None", .wrongAlgorithm, header: { ["alg": "None", "kid": .string($0), "typ": "JWT"] }),
        .parts("alg in lower case", .wrongAlgorithm, header: { ["alg": "eddsa", "kid": .string($0), "typ": "JWT"] }),
        .parts("no alg", .wrongAlgorithm, header: { ["kid": .string($0), "typ": "JWT"] }),
        .parts("alg as a list", .wrongAlgorithm, header: { ["alg": ["EdDSA"], "kid": .string($0), "typ": "JWT"] }),
        .parts("no kid", .malformed, header: { _ in ["alg": "EdDSA", "typ": "JWT"] }),
        .parts("a kid that is no name of a key", .malformed, header: { _ in Forgery.header("' OR 1=1 --") }),
        .parts("another kid", .unknownKey, header: { _ in Forgery.header("AAAAAAAAAAAAAAAA") }),
        .parts("no typ", .malformed, header: { ["alg": "EdDSA", "kid": .string($0)] }),
        .parts("another typ", .malformed, header: { ["alg": "EdDSA", "kid": .string($0), "typ": "JWE"] }),
        .parts(
            "a key of its own", .malformed,
            header: { ["alg": "EdDSA", "kid": .string($0), "typ": "JWT", "jwk": ["kty": "OKP"]] }),
        .parts(
            "crit", .malformed, header: { ["alg": "EdDSA", "kid": .string($0), "typ": "JWT", "crit": ["exp"]] }),
        .parts("a header that is no object", .malformed, header: { _ in ["EdDSA"] }),
        Forgery("HS256 with the public key as its secret", .wrongAlgorithm) { key, claims in
            let header: JSONValue = ["alg": "HS256", "kid": .string(key.keyID), "typ": "JWT"]
            let signed = Base64URL.encode(header.bytes()) + "." + Base64URL.encode(claims.json.bytes())
            let mac = Digest.hmacSHA256(key: key.key.publicKey, Array(signed.utf8))
            return signed + "." + Base64URL.encode(mac)
        },
        Forgery("another key under our key's name", .wrongSignature) { key, claims in
            let other = try #require(SigningKey(seed: [UInt8](repeating: 9, count: 32)))
            return JSONWebToken.sign(claims, keyID: key.keyID, key: other)
        },
        // Payload.
        .parts("a payload that is no object", .malformed, payload: { _ in "[]" }),
        .parts("a payload that is no JSON", .malformed, payload: { _ in "{" }),
        .parts(
            "a member twice", .malformed,
            payload: { $0.text().replacing(#""role":"#, with: #""role":"buyer","role":"#) }),
        .parts(
            "a member too many", .malformed,
            payload: { $0.text().replacing(#""role":"#, with: #""admin":true,"role":"#) }),
        .parts("a role we do not have", .malformed, payload: { $0.text().replacing("buyer", with: "root") }),
        .parts(
            "a subject that is no id", .malformed, payload: { $0.text().replacing(#""sub":""#, with: #""sub":"x"#) }),
        .parts("times as text", .malformed, payload: { $0.text().replacing(#""exp":"#, with: #""exp":"1","x":"#) }),
        .parts("a time with a fraction", .malformed, payload: { $0.text().replacing(",\"jti\"", with: ".5,\"jti\"") }),
        .parts("no time of issue", .malformed, payload: { $0.text().replacing(#""iat":"#, with: #""nbf":"#) }),
        // Claims.
        .claims("another issuer", .wrongIssuer) { $0.issuer = "https://other.example" },
        .claims("an issuer with a slash more", .wrongIssuer) { $0.issuer += "/" },
        .claims("expired", .expired) {
            $0.issuedAtSeconds -= 930
            $0.expiresAtSeconds -= 930
        },
        .claims("issued in the future", .notYetValid) {
            $0.issuedAtSeconds += 31
            $0.expiresAtSeconds += 31
        },
        .claims("for a week", .livesTooLong) { $0.expiresAtSeconds += 604_800 },
        .claims("over before it began", .livesTooLong) { $0.expiresAtSeconds = $0.issuedAtSeconds },
        .claims("at the end of time", .malformed) { $0.expiresAtSeconds = .max },
        .claims("before the epoch", .malformed) { $0.issuedAtSeconds = -1 },
    ]

    @Test(arguments: forgeries) func `a forgery is refused for its own reason, and told as any other`(
        forgery: Forgery
    ) async throws {
        try await AccountsWorld.with(.sqlite) { world in
            let user = try await world.add("hana@example.jp", role: .buyer)
            let key = try await world.feature.signingKeys.signing()
            let token = try forgery.make(key, Self.claims(of: user, world))
            #expect(try await world.feature.authenticator.principal(bearerToken: token) == nil)
            #expect(world.logs.lines(of: "token_refused").map { $0["reason"] } == [.string(forgery.fault.rawValue)])
            let response = await world.get("/api/me", token: token)
            #expect(response.status == 401)
            #expect(response.code == "token_not_valid")
        }
    }

    @Test(arguments: [-29, 0, 30] as [Int64]) func `clocks may be half a minute apart`(seconds: Int64) async throws {
        try await AccountsWorld.with(.sqlite) { world in
            let user = try await world.add("hana@example.jp", role: .buyer)
            let key = try await world.feature.signingKeys.signing()
            var claims = Self.claims(of: user, world)
            claims.issuedAtSeconds += seconds
            // The earliest of them ends 29 seconds ago.
            claims.expiresAtSeconds = claims.issuedAtSeconds + (seconds < 0 ? 1 : 900)
            if seconds < 0 { claims.issuedAtSeconds -= 1 }
            let token = JSONWebToken.sign(claims, keyID: key.keyID, key: key.key)
            #expect(
                try await world.feature.authenticator.principal(bearerToken: token)
                    == Principal(userID: user.id.rawValue, role: .buyer))
        }
    }

    @Test func `a buyer's signed claim to be an operator is held against the row`() async throws {
        try await AccountsWorld.with(.sqlite) { world in
            let user = try await world.add("hana@example.jp", role: .buyer)
            let key = try await world.feature.signingKeys.signing()
            var claims = Self.claims(of: user, world)
            claims.role = .operator
            let token = JSONWebToken.sign(claims, keyID: key.keyID, key: key.key)
            #expect(await world.get("/api/operators", token: token).status == 403)
            claims.subject = ID("01a8b0a2-7c00-7000-8000-000000000009")
            let stranger = JSONWebToken.sign(claims, keyID: key.keyID, key: key.key)
            #expect(await world.get("/api/operators", token: stranger).status == 401)
        }
    }

    /// Another reading of RFC 8037: the example of its appendix A.4, whose key and signature are published.
    @Test func `signatures are those of RFC 8037`() throws {
        let seed = try #require(Base64URL.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
        let key = try #require(SigningKey(seed: seed))
        #expect(Base64URL.encode(key.publicKey) == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        #expect(
            Base64URL.encode(key.sign(Array(signed.utf8)))
                == "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
    }

    private static func claims(of user: User, _ world: AccountsWorld) -> AccessClaims {
        let now = world.clock.now().epochSeconds
        return AccessClaims(
            issuer: AccountsWorld.issuer, subject: user.id, role: .buyer, issuedAtSeconds: now,
            expiresAtSeconds: now + 900, tokenID: "a token")
    }
}
