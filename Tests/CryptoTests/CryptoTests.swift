import Crypto
import Kernel
import Testing

@Suite struct CryptoTests {
    @Test func `HMAC-SHA-256 agrees with RFC 4231, case 2`() {
        let digest = Digest.hmacSHA256(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
        #expect(Hex.encode(digest) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func `SHA-256 agrees with FIPS 180-4`() {
        let digest = Digest.sha256(Array("abc".utf8))
        #expect(Hex.encode(digest) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test(arguments: [1, 2, 63, 64, 65, 1000]) func `a running digest is the digest, however it is cut`(piece: Int) {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        var running = RunningDigest()
        for start in stride(from: 0, to: bytes.count, by: piece) {
            running.update(Array(bytes[start..<min(start + piece, bytes.count)]))
            _ = running.value()
        }
        #expect(running.value() == Digest.sha256(bytes))
    }

    @Test func `comparison in constant time still compares`() {
        #expect(Digest.constantTimeEqual([1, 2], [1, 2]))
        #expect(!Digest.constantTimeEqual([1, 2], [1, 3]))
        #expect(!Digest.constantTimeEqual([1, 2], [1, 2, 3]))
        #expect(Digest.constantTimeEqual([], []))
    }

    @Test(arguments: [[], [0], [255, 254], [1, 2, 3], Array(0...255)] as [[UInt8]])
    func `hexadecimal and base64 give back what they got`(bytes: [UInt8]) {
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
    }

    @Test(arguments: ["a", "AB=", "A*", "AB", "AAB"]) func `base64 with stray bits, padding or letters is refused`(
        text: String
    ) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func `a password matches its hash and nothing else does`() throws {
        let hash = try #require(PasswordHash(of: Secret("correct horse"), cost: .least))
        #expect(hash.text.hasPrefix("$argon2id$"))
        #expect(hash.matches(Secret("correct horse")))
        #expect(!hash.matches(Secret("correct horsf")))
        #expect(!PasswordHash(stored: "no hash at all").matches(Secret("")))
    }

    @Test func `a signature is its key's and its message's`() throws {
        let key = try #require(SigningKey(seed: [UInt8](repeating: 7, count: 32)))
        let signature = key.sign([1, 2, 3])
        #expect(SigningKey.verify(signature, of: [1, 2, 3], publicKey: key.publicKey))
        #expect(!SigningKey.verify(signature, of: [1, 2, 4], publicKey: key.publicKey))
        #expect(!SigningKey.verify([], of: [1, 2, 3], publicKey: key.publicKey))
        #expect(SigningKey(seed: [1]) == nil)
    }
}
