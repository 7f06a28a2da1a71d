public import HTTP
internal import Kernel

/// How `serve` meets the network.
public struct DoorSettings: Sendable {
    /// `HTTP_CONNECTIONS`: how many connections are open at once, 16 to 100,000; default 2,048.
    public var connectionsMax: Int
    /// `HTTP_CONNECTIONS_PER_ADDRESS`: how many of them one address of IPv4, or one /64 of IPv6, may have; 0 to 100,000,
    /// default 100; 0 is no limit.
    public var connectionsPerAddressMax: Int
    /// `TRUSTED_PROXIES`: addresses and ranges, separated by commas, and `TRUSTED_PROXY_HEADER`: the field that they
    /// write, `x-forwarded-for` (default) or `forwarded`.
    public var proxies: TrustedProxies
    /// `TLS_CERT_FILE` and `TLS_KEY_FILE`; nil when neither is set, and HTTP is served without TLS.
    public var tls: TLSFileSettings?
}

/// Where the certificate of the server and its key are.
public struct TLSFileSettings: Sendable {
    /// `TLS_CERT_FILE`: the certificate and those that vouch for it, in PEM.
    public var certificatePath: String
    /// `TLS_KEY_FILE`: its key, in PEM, without a password.
    public var keyPath: String
}

extension SettingsReader {
    static let doorNames = [
        "HTTP_CONNECTIONS", "HTTP_CONNECTIONS_PER_ADDRESS", "TRUSTED_PROXIES", "TRUSTED_PROXY_HEADER", "TLS_CERT_FILE",
        "TLS_KEY_FILE",
    ]

    /// The settings of the door.
    mutating func door() -> DoorSettings {
        DoorSettings(
            connectionsMax: number("HTTP_CONNECTIONS", in: 16...100_000, default: 2048),
            connectionsPerAddressMax: number("HTTP_CONNECTIONS_PER_ADDRESS", in: 0...100_000, default: 100),
            proxies: TrustedProxies(
                trustedNetworks(), field: word("TRUSTED_PROXY_HEADER", default: TrustedProxies.Field.xForwardedFor)),
            tls: tlsFiles())
    }

    private mutating func trustedNetworks() -> [IPNetwork] {
        var networks: [IPNetwork] = []
        for word in words("TRUSTED_PROXIES") {
            guard let network = IPNetwork(word) else {
                fail(
                    "TRUSTED_PROXIES",
                    "must be addresses or ranges, such as 10.0.0.5,192.168.7.0/24,2001:db8::/48, without bits behind the "
                        + "range's own")
                return []
            }
            if network.isEverybody {
                warn("TRUSTED_PROXIES", "trusts everybody: every client can say that it is another")
            }
            networks.append(network)
        }
        return networks
    }

    private mutating func tlsFiles() -> TLSFileSettings? {
        switch (value("TLS_CERT_FILE"), value("TLS_KEY_FILE")) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return TLSFileSettings(certificatePath: certificate, keyPath: key)
        case (_?, nil): fail("TLS_KEY_FILE", "is required beside TLS_CERT_FILE")
        case (nil, _?): fail("TLS_CERT_FILE", "is required beside TLS_KEY_FILE")
        }
        return nil
    }

    /// What would only be noticed by the first client.
    mutating func check(_ door: DoorSettings, _ settings: Settings) {
        if door.tls != nil, settings.publicURL.hasPrefix("http://") {
            warn("PUBLIC_URL", "begins with http://, but with TLS_CERT_FILE only https is served")
        }
        let isAlone = settings.host == "localhost" || IPAddress(settings.host).map(isLoopback) == true
        if settings.isLive, door.tls == nil, door.proxies.networks.isEmpty, !isAlone {
            warn(
                "TLS_CERT_FILE",
                "is empty, and HOST is not this machine alone: what comes is not encrypted. Set it and TLS_KEY_FILE, or, "
                    + "behind a proxy that speaks TLS, TRUSTED_PROXIES")
        }
    }

    private func isLoopback(_ address: IPAddress) -> Bool { IPNetwork.loopback.contains { $0.contains(address) } }
}
