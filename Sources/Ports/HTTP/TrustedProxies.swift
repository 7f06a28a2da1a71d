public import Kernel

/// Where a request comes from.
public struct RequestOrigin: Sendable, Equatable {
    /// The client's address; a proxy's own where it does not tell whom it speaks for.
    public var address: IPAddress
    /// Whether the client's own connection is encrypted.
    public var isEncrypted: Bool

    /// An origin of these parts.
    public init(address: IPAddress, isEncrypted: Bool) {
        self.address = address
        self.isEncrypted = isEncrypted
    }
}

/// The proxies whose word is taken for whom they speak for.
///
/// Anybody can send `X-Forwarded-For` or `Forwarded`, and a proxy appends to what it was sent. So the list is read from
/// its end, and only as far as trusted proxies wrote it: the last address that is none of theirs is the client. Only
/// one of the two fields is read, the one that the proxies write, because they pass on the other as a client sent it.
public struct TrustedProxies: Sendable {
    /// The field that the proxies write.
    public enum Field: String, Sendable, CaseIterable {
        /// `X-Forwarded-For`, and `X-Forwarded-Proto` beside it.
        case xForwardedFor = "x-forwarded-for"
        /// `Forwarded` of RFC 7239.
        case forwarded
    }

    /// Where they are.
    public var networks: [IPNetwork]
    /// The field that they write.
    public var field: Field

    /// How many proxies may stand in a row; what is further is not looked at.
    private static let hopsMax = 32

    /// These proxies; none unless some are named.
    public init(_ networks: [IPNetwork] = [], field: Field = .xForwardedFor) {
        self.networks = networks
        self.field = field
    }

    /// Whether an address is a proxy's.
    public func trusts(_ address: IPAddress) -> Bool { networks.contains { $0.contains(address) } }

    /// Where the request of a peer comes from. `isEncrypted` is whether the connection to the peer is. What no proxy
    /// vouches for is not looked at; what cannot be read ends the search at the last address that could.
    public func origin(of peer: IPAddress, isEncrypted: Bool, headers: HTTPHeaders) -> RequestOrigin {
        var origin = RequestOrigin(address: peer, isEncrypted: isEncrypted)
        guard trusts(peer) else { return origin }
        let hops = hops(headers)
        for hop in hops.suffix(Self.hopsMax).reversed() {
            if let isEncrypted = hop.isEncrypted { origin.isEncrypted = isEncrypted }
            guard let address = hop.address else { break }
            origin.address = address
            if !trusts(address) { break }
        }
        return origin
    }

    /// What one proxy tells of the one before it.
    struct Hop: Equatable {
        var address: IPAddress?
        var isEncrypted: Bool?
    }

    private func hops(_ headers: HTTPHeaders) -> [Hop] {
        switch field {
        case .forwarded: return headers.values("Forwarded").flatMap(ForwardedField.hops)
        case .xForwardedFor:
            var hops = headers.values("X-Forwarded-For").flatMap { value in
                Self.elements(value).map { Hop(address: ForwardedField.address($0)) }
            }
            // It has one value as a rule: what the client used to reach the first proxy, handed on by the others.
            guard let scheme = headers.values("X-Forwarded-Proto").last.flatMap({ Self.elements($0).last }) else {
                return hops
            }
            if hops.isEmpty { hops = [Hop()] }
            hops[hops.count - 1].isEncrypted = ForwardedField.isEncrypted(scheme)
            return hops
        }
    }

    private static func elements(_ value: String) -> [Substring] {
        value.split(separator: ",", omittingEmptySubsequences: false).map(ForwardedField.trimmed)
    }
}
