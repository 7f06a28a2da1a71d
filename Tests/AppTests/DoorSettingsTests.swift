import HTTP
import JSON
import Kernel
import KessaiApp
import Testing

/// What an installation's door is configured with.
@Suite struct DoorSettingsTests {
    private func examine(_ environment: [String: String]) -> (settings: Settings, findings: [SettingsFinding]) {
        var reader = SettingsReader(file: .null, environment: environment)
        return reader.examine()
    }

    private func found(_ environment: [String: String]) -> [String] {
        examine(environment).findings.filter { !$0.name.hasPrefix("STRIPE_") }.map { "\($0.gravity) \($0.name)" }
    }

    @Test func `with nothing set it trusts nobody, speaks without TLS, and has limits`() {
        let door = examine([:]).settings.door
        #expect(door.connectionsMax == 2048)
        #expect(door.connectionsPerAddressMax == 100)
        #expect(door.proxies.networks.isEmpty)
        #expect(door.proxies.field == .xForwardedFor)
        #expect(door.tls == nil)
        #expect(found([:]) == [])
    }

    @Test func `proxies are addresses and ranges, separated by commas`() {
        let environment = [
            "TRUSTED_PROXIES": "10.0.0.5, 192.168.7.0/24,2001:db8::/48", "TRUSTED_PROXY_HEADER": "forwarded",
            "HTTP_CONNECTIONS": "16", "HTTP_CONNECTIONS_PER_ADDRESS": "0",
        ]
        let door = examine(environment).settings.door
        #expect(door.proxies.networks.map(\.description) == ["10.0.0.5/32", "192.168.7.0/24", "2001:db8::/48"])
        #expect(door.proxies.field == .forwarded)
        #expect(door.connectionsMax == 16)
        #expect(door.connectionsPerAddressMax == 0)
        #expect(found(environment) == [])
    }

    @Test(arguments: [
        ("TRUSTED_PROXIES", "nginx"), ("TRUSTED_PROXIES", "10.0.0.1/8"), ("TRUSTED_PROXIES", "10.0.0.0/8;::1"),
        ("TRUSTED_PROXY_HEADER", "x-real-ip"), ("HTTP_CONNECTIONS", "15"),
        ("HTTP_CONNECTIONS", "100001"), ("HTTP_CONNECTIONS_PER_ADDRESS", "-1"),
    ])
    func `what is wrong is named, and then nobody is trusted`(name: String, value: String) {
        #expect(found([name: value]) == ["error \(name)"])
        #expect(examine([name: value]).settings.door.proxies.networks.isEmpty)
    }

    @Test func `TLS wants both files, and makes the address https`() {
        let both = ["TLS_CERT_FILE": "/a.pem", "TLS_KEY_FILE": "/b.pem"]
        let settings = examine(both).settings
        #expect(settings.door.tls?.certificatePath == "/a.pem")
        #expect(settings.door.tls?.keyPath == "/b.pem")
        #expect(settings.publicURL == "https://127.0.0.1:8080")
        #expect(found(both) == [])
        #expect(found(["TLS_CERT_FILE": "/a.pem"]) == ["error TLS_KEY_FILE"])
        #expect(found(["TLS_KEY_FILE": "/b.pem"]) == ["error TLS_CERT_FILE"])
        #expect(found(both.merging(["PUBLIC_URL": "http://a"]) { $1 }) == ["warning PUBLIC_URL"])
    }

    @Test func `what lets everybody in is warned of`() {
        #expect(found(["TRUSTED_PROXIES": "0.0.0.0/0"]) == ["warning TRUSTED_PROXIES"])
        let live = [
            "STRIPE_SECRET_KEY": "sk_live_a", "STRIPE_WEBHOOK_SECRET": "whsec_a", "PUBLIC_URL": "https://a.example",
        ]
        for host in ["127.0.0.1", "::1", "localhost"] { #expect(found(live.merging(["HOST": host]) { $1 }) == []) }
        let open = live.merging(["HOST": "0.0.0.0"]) { $1 }
        #expect(found(open) == ["warning TLS_CERT_FILE"])
        #expect(found(open.merging(["TRUSTED_PROXIES": "10.0.0.1"]) { $1 }) == [])
        #expect(found(open.merging(["TLS_CERT_FILE": "/a", "TLS_KEY_FILE": "/b"]) { $1 }) == [])
    }
}
