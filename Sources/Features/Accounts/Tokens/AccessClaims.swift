internal import Identity
internal import JSON
internal import Kernel

/// Why a token is refused. It is told to nobody but the debug log: a stranger learns only that the token is not valid.
enum TokenFault: String, Error {
    /// Longer than a token of ours can be.
    case tooLarge = "too_large"
    /// Not three parts of canonical base64url, or not JSON of exactly our members.
    case malformed
    /// Another algorithm than ours, `none` among them.
    case wrongAlgorithm = "wrong_algorithm"
    /// Signed by a key that we do not have.
    case unknownKey = "unknown_key"
    /// Signed by nobody who has the key.
    case wrongSignature = "wrong_signature"
    /// Made for another installation.
    case wrongIssuer = "wrong_issuer"
    /// Its time is over.
    case expired
    /// Its time has not begun: a clock is wrong, or somebody tries something.
    case notYetValid = "not_yet_valid"
    /// It claims to live longer than any token may.
    case livesTooLong = "lives_too_long"
    /// Made after its key had been retired: only somebody who stole an old key does that.
    case keyRetired = "key_retired"
}

/// What a token claims (RFC 7519): exactly these members, no more.
struct AccessClaims: Sendable, Equatable {
    /// `iss`: the installation.
    var issuer: String
    /// `sub`: the user.
    var subject: ID<User>
    /// `role`.
    var role: Role
    /// `iat`, in seconds since the epoch.
    var issuedAtSeconds: Int64
    /// `exp`, in seconds since the epoch.
    var expiresAtSeconds: Int64
    /// `jti`: makes every token another text.
    var tokenID: String

    /// The longest that a token may live.
    static let lifetimeMax = Duration.seconds(86_400)
    /// How far the clocks of nodes may be apart.
    static let leewaySeconds: Int64 = 30

    /// The claims as the token's payload.
    var json: JSONValue {
        [
            "iss": .string(issuer), "sub": .string(subject.rawValue), "role": .string(role.rawValue),
            "iat": .int(issuedAtSeconds), "exp": .int(expiresAtSeconds), "jti": .string(tokenID),
        ]
    }

    /// Throws unless the claims are good now, here, and under a key that was to sign until `keyRetiresAt`.
    func check(now: Timestamp, issuer expected: String, keyRetiresAt: Timestamp) throws(TokenFault) {
        guard issuer == expected else { throw .wrongIssuer }
        let nowSeconds = now.epochSeconds
        guard expiresAtSeconds > issuedAtSeconds,
            expiresAtSeconds - issuedAtSeconds <= Self.lifetimeMax.components.seconds
        else { throw .livesTooLong }
        guard issuedAtSeconds <= nowSeconds + Self.leewaySeconds else { throw .notYetValid }
        guard nowSeconds < expiresAtSeconds + Self.leewaySeconds else { throw .expired }
        guard issuedAtSeconds <= keyRetiresAt.epochSeconds + Self.leewaySeconds else { throw .keyRetired }
    }
}

extension AccessClaims {
    /// Reads a payload. Throws `malformed` for anything but exactly our members.
    init(payload: [UInt8]) throws(TokenFault) {
        // Seconds in this range leave room for the leeway, so that the sums above cannot overflow.
        let seconds: ClosedRange<Int64> = 0...9_999_999_999
        guard let json = try? JSONValue(parsing: payload, levelsMax: 2),  // What is wrong with it is of no interest.
            json.object?.count == 6, let issuer = json["iss"]?.string,
            let subject = json["sub"]?.string.flatMap({ ID<User>(untrusted: $0) }),
            let role = json["role"]?.string.flatMap({ Role(rawValue: $0) }),
            let issuedAt = json["iat"]?.int, seconds.contains(issuedAt),
            let expiresAt = json["exp"]?.int, seconds.contains(expiresAt),
            let tokenID = json["jti"]?.string
        else { throw .malformed }
        self.init(
            issuer: issuer, subject: subject, role: role, issuedAtSeconds: issuedAt, expiresAtSeconds: expiresAt,
            tokenID: tokenID)
    }
}
