internal import Crypto
internal import Kernel
internal import StripeClient

extension FuzzTarget {
    /// The field `Stripe-Signature` on the first line, and a body: taken exactly when a second reading takes it. `{s}` in
    /// the field stands for the right signature of the first time in it.
    static let signature = FuzzTarget("signature", "signatures of Stripe's events") {
        { input in
            let (field, body) = input.cut(at: UInt8(ascii: "\n")) ?? (input, [])
            guard let text = String(validating: field, as: UTF8.self) else { return }
            try SignatureProperties.check(header: text, body: body)
        }
    }
}

enum SignatureProperties {
    private static let secrets = [Secret("whsec_new"), Secret("whsec_old")]
    private static let now = Timestamp(epochSeconds: 1_795_233_600)

    static func check(header template: String, body: [UInt8]) throws {
        let first = template.split(separator: ",").first { $0.utf8.starts(with: "t=".utf8) }?.dropFirst(2) ?? ""
        let header = template.replacing("{s}", with: expected(String(first), body, under: secrets[0]))
            .replacing("{o}", with: expected(String(first), body, under: secrets[1]))
        let verifier = StripeSignatureVerifier(secrets: secrets)
        let fault = fault(of: verifier, header, body)
        try hold((fault == nil) == isGood(Array(header.utf8), body), "\(fault.map { "\($0)" } ?? "taken"): \(header)")
        try hold(Self.fault(of: verifier, header, body) == fault, "twice differs: \(header)")
        guard fault == nil else { return }
        for place in Set([0, body.count / 2, body.count - 1]) where body.indices.contains(place) {
            var other = body
            other[place] ^= 1
            try hold(Self.fault(of: verifier, header, other) == .mismatch, "another body is taken: \(header)")
        }
        try hold(Self.fault(of: verifier, header, body + [0]) == .mismatch, "a longer body is taken: \(header)")
        let stranger = StripeSignatureVerifier(secrets: [Secret("whsec_other")])
        try hold(Self.fault(of: stranger, header, body) == .mismatch, "another secret takes it: \(header)")
        try hold(
            Self.fault(of: StripeSignatureVerifier(secrets: secrets + [Secret("")]), header, body) == .noSecret,
            "an empty secret takes it")
    }

    private static func fault(
        of verifier: StripeSignatureVerifier, _ header: String, _ body: [UInt8]
    ) -> StripeSignatureError? {
        do throws(StripeSignatureError) {
            try verifier.verify(header: header, rawBody: body, now: now)
            return nil
        } catch {
            return error
        }
    }

    private static func expected(_ time: String, _ body: [UInt8], under secret: Secret) -> String {
        Hex.encode(Digest.hmacSHA256(key: Array(secret.reveal().utf8), Array("\(time).".utf8) + body))
    }

    /// The second reading, by bytes: one time of 1 to 12 digits within five minutes of now, and a `v1` that fits.
    private static func isGood(_ header: [UInt8], _ body: [UInt8]) -> Bool {
        let entries = header.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard header.count <= 4096, entries.count <= 32 else { return false }
        var times: [[UInt8]] = []
        var candidates: [[UInt8]] = []
        for entry in entries {
            guard let (name, value) = Array(entry).cut(at: UInt8(ascii: "=")) else { continue }
            switch String(decoding: trimmed(name), as: UTF8.self) {
            case "t": times.append(trimmed(value))
            case "v1": candidates.append(trimmed(value))
            default: break
            }
        }
        guard times.count == 1, (1...12).contains(times[0].count), times[0].allSatisfy({ (0x30...0x39).contains($0) })
        else { return false }
        let text = String(decoding: times[0], as: UTF8.self)
        guard let seconds = Int64(text), abs(now.epochSeconds - seconds) <= 300 else { return false }
        return secrets.contains { candidates.contains(Array(expected(text, body, under: $0).utf8)) }
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        Array(bytes.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed())
    }
}
