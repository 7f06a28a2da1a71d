internal import Edge
public import Kernel

/// What stands before the routes (docs/operations.md).
public struct EdgeSettings: Sendable {
    /// `RATE_LIMITS`: how many times the usual one address and one account may ask; 0.1 to 1,000, default 1. Nil, `off`,
    /// limits nobody, which live mode refuses.
    public var rateFactor: Double?
    /// `CORS_ORIGINS`: the other sites whose pages may call the API, several separated by commas; default none.
    public var corsOrigins: [String]
    /// `METRICS_TOKEN`: whoever brings it as a bearer token reads `/metrics`; default none, and there are no metrics to read.
    public var metricsToken: Secret?

    /// Such an edge.
    public init(rateFactor: Double? = 1, corsOrigins: [String] = [], metricsToken: Secret? = nil) {
        self.rateFactor = rateFactor
        self.corsOrigins = corsOrigins
        self.metricsToken = metricsToken
    }
}

extension SettingsReader {
    static let edgeNames = ["RATE_LIMITS", "CORS_ORIGINS", "METRICS_TOKEN"]
    private static let rateFactors = 0.1...1_000

    /// Reads them.
    mutating func edge(isLive: Bool) -> EdgeSettings {
        EdgeSettings(
            rateFactor: rateFactor(isLive: isLive), corsOrigins: corsOrigins(isLive: isLive),
            metricsToken: metricsToken())
    }

    private mutating func metricsToken() -> Secret? {
        let name = "METRICS_TOKEN"
        guard let token = value(name) else { return nil }
        if token.utf8.count < 16 || !token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            fail(name, "must have at least 16 visible ASCII characters")
        }
        return Secret(token)
    }

    private mutating func rateFactor(isLive: Bool) -> Double? {
        let name = "RATE_LIMITS"
        switch value(name)?.lowercased() {
        case nil, "on": return 1
        case "off":
            if isLive {
                fail(name, "must not be off in live mode: set a factor, such as 10, if people are refused")
            } else {
                warn(name, "is off: one client can take all of this server")
            }
            return nil
        case let text?:
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
                let factor = Double(text), Self.rateFactors.contains(factor)
            else {
                fail(name, "must be on, off, or a factor from 0.1 to 1000")
                return 1
            }
            return factor
        }
    }

    private mutating func corsOrigins(isLive: Bool) -> [String] {
        let name = "CORS_ORIGINS"
        let origins = words(name)
        if !origins.allSatisfy(CORSPolicy.isOrigin) {
            fail(
                name,
                "must be origins as browsers write them, https://shop.example.com or http://localhost:5173, separated by "
                    + "commas: no path, no *")
        } else if isLive, !origins.allSatisfy({ $0.hasPrefix("https://") }) {
            fail(name, "must begin with https:// in live mode")
        }
        return origins
    }
}
