import HTTP
import HTTPServer
import Kernel
import KernelTesting
import Testing

/// Whom a handler takes a request to be from.
@Suite(.timeLimit(.minutes(5))) struct ProxyTests {
    private func server(_ proxies: TrustedProxies) throws -> HTTPServer {
        try HTTPServer.test(HTTPServerOptions(epollThreads: 1, proxies: proxies)) { request in
            .text("\(request.head.remoteAddress) \(request.head.isEncrypted)")
        }
    }

    @Test func `a trusted proxy tells whom it speaks for, request by request`() async throws {
        try await server(TrustedProxies([IPNetwork("127.0.0.1")].compactMap { $0 })).use { port in
            let proxy = try RawClient(port: port)
            for (fields, told) in [
                ("X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\n", "198.51.100.1 true"),
                ("X-Forwarded-For: 198.51.100.2, 2001:db8::7\r\n", "2001:db8::7 false"), ("", "127.0.0.1 false"),
                ("Forwarded: for=198.51.100.3;proto=https\r\n", "127.0.0.1 false"),
                ("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 198.51.100.4\r\n", "198.51.100.4 false"),
            ] { #expect(try proxy.exchange(get("/", fields)).text == told) }
            // From another address the same words are nothing.
            let client = try RawClient(port: port, from: 2)
            let fields = "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\n"
            #expect(try client.exchange(get("/", fields)).text == "127.0.0.2 false")
        }
    }

    @Test func `without proxies nobody is believed`() async throws {
        try await server(TrustedProxies()).use { port in
            let fields = "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\nForwarded: for=1.1.1.1\r\n"
            let client = try RawClient(port: port)
            #expect(try client.exchange(get("/", fields)).text == "127.0.0.1 false")
        }
    }
}
