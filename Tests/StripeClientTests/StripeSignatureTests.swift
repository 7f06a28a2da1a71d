import Kernel
import KernelTesting
import StripeClient
import Testing

/// S1-DISP-05, S2-HOOK-01, S3-HOOK-04: only what Stripe signed is taken.
@Suite struct StripeSignatureTests {
    private static let now = Timestamp(epochSeconds: 1_795_233_600)
    private static let secret = Secret("whsec_test_secret")
    private static let other = Secret("whsec_other")
    private static let body = Array(#"{"id":"evt_1"}"#.utf8)

    private static func header(_ secret: Secret = secret, age: Int64 = 0) -> String {
        StripeSignatureVerifier.header(
            secret: secret, timestamp: Timestamp(epochSeconds: now.epochSeconds - age), rawBody: body)
    }

    private static func v1(_ secret: Secret = secret) -> String {
        String(header(secret).split(separator: ",")[1])
    }

    private static func verify(
        _ header: String?, _ secrets: [Secret] = [secret], body: [UInt8] = body, now: Timestamp = now
    ) throws(StripeSignatureError) {
        try StripeSignatureVerifier(secrets: secrets).verify(header: header, rawBody: body, now: now)
    }

    /// Computed with Python's `hmac` module.
    @Test(
        arguments: [
            (
                "whsec_test_secret", 1_795_233_600, Array("{}".utf8),
                "1083441afb0a657f515d6e6e4938960fd46faedcba6b0260d7303871d668a886"
            ),
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1_795_233_600,
                Array("{\n  \"id\": \"evt_1\",\n  \"name\": \"決済\"\n}".utf8),
                "416f944a6ff3d9651c2afe4c34e8daa742d11265e64b1f68e83ef5115fb3f356"
            ),
            (
                String(repeating: "k", count: 200), 0, [],
                "76a82ba859636cc3081c72aa270fd66ac81a202f8182404e7752795c6e7ba88f"
            ),
            (
                "whsec_binary", 1_795_233_600, Array(0...255),
                "fda35bc69e9aa266db4f3ede4b83852a4af8202f2fec95864806324c86701b85"
            ),
        ] as [(String, Int64, [UInt8], String)])
    func `signatures agree with another implementation`(
        secret: String, seconds: Int64, body: [UInt8], signature: String
    ) throws {
        let moment = Timestamp(epochSeconds: seconds)
        let header = "t=\(seconds),v1=\(signature)"
        #expect(StripeSignatureVerifier.header(secret: Secret(secret), timestamp: moment, rawBody: body) == header)
        try StripeSignatureVerifier(secrets: [Secret(secret)]).verify(header: header, rawBody: body, now: moment)
    }

    @Test func `a sample event as it lies in its file is taken`() throws {
        try StripeSignatureVerifier(secrets: [Secret("whsec_sample")]).verify(
            header: "t=1719792005,v1=15788b7881d1bf535788f5c6a4b549b8085e9ed21ad897a6dcc18f7f190b7d62",
            rawBody: try SampleFile.bytes("events/payment_intent.succeeded.json"),
            now: Timestamp(epochSeconds: 1_719_792_006))
    }

    @Test func `any of several secrets and any of several signatures will do, while a secret is rolled`() throws {
        let wrong = "v1=" + String(repeating: "0", count: 64)
        let time = "t=\(Self.now.epochSeconds)"
        try Self.verify(Self.header(), [Self.other, Self.secret])
        try Self.verify(Self.header(Self.other), [Self.other, Self.secret])
        try Self.verify("\(time),\(Self.v1(Self.other)),\(Self.v1())")
        try Self.verify("\(time),\(wrong),\(wrong),\(Self.v1())")
        try Self.verify("\(time),\(Self.v1()),\(wrong)")
    }

    @Test func `order, spaces and schemes that we do not know are no matter`() throws {
        let time = "t=\(Self.now.epochSeconds)"
        try Self.verify("\(Self.v1()),\(time)")
        try Self.verify(" \(time) , \(Self.v1()) ")
        try Self.verify("\(time),v0=abc,\(Self.v1()),v2=xyz,scheme,,=,x=")
        // A mark that joins the character before it does not hide a separator.
        try Self.verify("\(time),\u{301}x=1,\(Self.v1())")
    }

    @Test(
        arguments: [
            (nil, StripeSignatureError.missingHeader), ("", .missingHeader), ("  ", .missingHeader),
            ("v1=00", .badTimestamp), ("t=,v1=00", .badTimestamp), ("t=abc,v1=00", .badTimestamp),
            ("t=-1795233600,v1=00", .badTimestamp), ("t=+1795233600,v1=00", .badTimestamp),
            ("t=1795233600.0,v1=00", .badTimestamp), ("t=1795233600000000,v1=00", .badTimestamp),
            ("t=99999999999999999999999,v1=00", .badTimestamp), ("t=1795233600,t=1795233600,v1=00", .badTimestamp),
            ("t=１７９５２３３６００,v1=00", .badTimestamp), ("T=1795233600,v1=00", .badTimestamp),
            ("t=1795233600", .noSignature), ("t=1795233600,v0=00", .noSignature), ("t=1795233600,V1=00", .noSignature),
            ("t=1795233600,v1=", .mismatch), ("t=1795233600,v1=zz", .mismatch),
            ("t=1795233600,v1=" + String(repeating: "0", count: 64), .mismatch),
            ("t=1795233600,v1=" + String(repeating: "0", count: 63), .mismatch),
            ("t=1795233600,v1=" + String(repeating: "0", count: 4096), .headerTooLong),
            ("t=1795233600" + String(repeating: ",v1=00", count: 32), .headerTooLong),
            (String(repeating: ",", count: 4096), .headerTooLong), ("nonsense", .badTimestamp), ("=", .badTimestamp),
        ] as [(String?, StripeSignatureError)])
    func `every other header is refused with its reason`(header: String?, reason: StripeSignatureError) {
        #expect(throws: reason) { try Self.verify(header) }
    }

    @Test func `upper-case digits are not what Stripe sends`() {
        let upper = "t=\(Self.now.epochSeconds),v1=" + Self.v1().dropFirst(3).uppercased()
        #expect(throws: StripeSignatureError.mismatch) { try Self.verify(upper) }
    }

    @Test func `one byte of the body, the time or the secret changes everything`() {
        var body = Self.body
        body[3] ^= 1
        #expect(throws: StripeSignatureError.mismatch) { try Self.verify(Self.header(), body: body) }
        #expect(throws: StripeSignatureError.mismatch) { try Self.verify(Self.header(), body: Self.body + [0x0A]) }
        #expect(throws: StripeSignatureError.mismatch) { try Self.verify(Self.header(), body: []) }
        #expect(throws: StripeSignatureError.mismatch) {
            try Self.verify("t=\(Self.now.epochSeconds - 1),\(Self.v1())")
        }
        #expect(throws: StripeSignatureError.mismatch) { try Self.verify("t=0\(Self.now.epochSeconds),\(Self.v1())") }
        #expect(throws: StripeSignatureError.mismatch) { try Self.verify(Self.header(), [Self.other]) }
    }

    @Test(
        arguments: [(300, nil), (301, .tooOld), (100_000, .tooOld), (-300, nil), (-301, .tooNew), (0, nil)]
            as [(Int64, StripeSignatureError?)])
    func `the signed time may be five minutes away, before or after`(age: Int64, reason: StripeSignatureError?) throws {
        if let reason {
            #expect(throws: reason) { try Self.verify(Self.header(age: age)) }
        } else {
            try Self.verify(Self.header(age: age))
        }
    }

    @Test func `parts of a second count`() {
        let late = Timestamp(epochMs: Self.now.epochMs + 1)
        #expect(throws: StripeSignatureError.tooOld) { try Self.verify(Self.header(age: 300), now: late) }
    }

    @Test func `another tolerance is kept`() throws {
        let strict = StripeSignatureVerifier(secrets: [Self.secret], tolerance: .seconds(10))
        try strict.verify(header: Self.header(age: 10), rawBody: Self.body, now: Self.now)
        #expect(throws: StripeSignatureError.tooOld) {
            try strict.verify(header: Self.header(age: 11), rawBody: Self.body, now: Self.now)
        }
    }

    @Test func `the earliest and the latest time do not overflow`() {
        for text in ["0", "999999999999"] {
            let header = StripeSignatureVerifier.header(
                secret: Self.secret, timestamp: Timestamp(epochSeconds: Int64(text) ?? 0), rawBody: Self.body)
            #expect(throws: text == "0" ? StripeSignatureError.tooOld : .tooNew) { try Self.verify(header) }
        }
    }

    @Test func `law 13, no secret or an empty one refuses everything`() {
        let forged = StripeSignatureVerifier.header(secret: Secret(""), timestamp: Self.now, rawBody: Self.body)
        let lists: [[Secret]] = [[], [Secret("")], [Secret("  ")], [Self.secret, Secret("")]]
        for secrets in lists {
            for header in [forged, Self.header(), nil, ""] {
                #expect(throws: StripeSignatureError.noSecret) { try Self.verify(header, secrets) }
            }
        }
    }

    @Test func `every reason has a word of its own`() {
        #expect(Set(StripeSignatureError.allCases.map(\.description)).count == StripeSignatureError.allCases.count)
    }

    /// Headers that were right, changed at random places: none may be taken, and none may crash.
    @Test(arguments: 0..<8 as Range<UInt64>) func `no changed header is taken`(seed: UInt64) {
        let random = SeededRandom(seed)
        let original = Array("t=\(Self.now.epochSeconds),\(Self.v1())".utf8)
        let bytes = Array("tv10=,-+ \u{0}\u{7F}\nabcdef9".utf8) + [0x80, 0xFF]
        func index(_ count: Int) -> Int { Int(random.number(in: 0...Int64(count - 1))) }
        for _ in 0..<400 {
            var changed = original
            for _ in 0...index(3) where !changed.isEmpty {
                switch index(4) {
                case 0: changed[index(changed.count)] = bytes[index(bytes.count)]
                case 1: changed.remove(at: index(changed.count))
                case 2: changed.insert(bytes[index(bytes.count)], at: index(changed.count))
                default: changed.removeLast(index(changed.count))
                }
            }
            let header = String(decoding: changed, as: UTF8.self)
            let result = Result { try Self.verify(header) }
            if case .success = result { #expect(Self.meansTheSame(header), "\(header) was taken") }
        }
    }

    /// Whether a changed header still holds the signed time and the signature, with additions that are passed over.
    private static func meansTheSame(_ header: String) -> Bool {
        let entries = header.split(separator: ",").map { entry in
            entry.filter { $0 != " " }
        }
        return entries.contains("t=\(now.epochSeconds)") && entries.contains(v1())
    }
}
