import HTTP
import JSON
import Kernel
import KernelTesting
import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(5))) struct TLSTests {
    private func server(
        _ own: TestCertificate, _ options: HTTPServerOptions = HTTPServerOptions(epollThreads: 2)
    ) throws -> HTTPServer {
        let certificate = try TLSCertificate(certificatePEM: own.certificatePEM, keyPEM: Secret(own.keyPEM))
        let handler = ClosureHandler(
            admission: { _ in .accept(bodyBytesMax: 4 << 20) },
            answer: { request in
                switch request.head.path {
                case "/stream":
                    HTTPResponse(
                        status: 200,
                        stream: HTTPBodyStream(from: 0) { count in
                            count += 1
                            return count > 40 ? nil : [UInt8](repeating: UInt8(count), count: 100_000)
                        })
                case "/echo": HTTPResponse(status: 200, body: request.body)
                default: .text("\(request.head.path) \(request.head.isEncrypted)")
                }
            })
        return try HTTPServer.start(
            options, certificate: certificate, handler: handler, random: SeededRandom(), log: .silent)
    }

    private static func curl(_ own: TestCertificate, _ port: UInt16, _ path: String, _ more: [String] = []) throws
        -> Tool.Result
    {
        try Tool.run("curl", ["-sS", "--cacert", own.certificatePath, "https://localhost:\(port)\(path)"] + more)
    }

    @Test(arguments: [["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], ["-newkey", "rsa:2048"]])
    func `requests are served over TLS, and told to stay there`(kind: [String]) async throws {
        let own = try await offPool { try TestCertificate(kind: kind) }
        try await server(own).use { port in
            let answer = try Self.curl(own, port, "/hello", ["-i"])
            #expect(answer.status == 0, "\(answer.errors)")
            #expect(answer.output.hasPrefix("HTTP/1.1 200 OK"))
            #expect(answer.output.contains("Strict-Transport-Security: max-age=31536000\r\n"))
            #expect(answer.output.hasSuffix("/hello true"))
            let twice = try Self.curl(own, port, "/a", ["https://localhost:\(port)/b", "-w", " %{num_connects}\n"])
            #expect(twice.output == "/a true 1\n/b true 0\n")
        }
    }

    @Test(arguments: [["--tlsv1.2", "--tls-max", "1.2"], ["--tlsv1.3"]]) func `both versions carry much both ways`(
        version: [String]
    ) async throws {
        let own = try await offPool { try TestCertificate() }
        try await server(own).use { port in
            let file = own.folder + "/body"
            let made = try Tool.run("sh", ["-c", "head -c 3000000 /dev/urandom > \(file)"])
            #expect(made.status == 0)
            let sent = try Self.curl(own, port, "/echo", version + ["--data-binary", "@\(file)", "-o", file + ".back"])
            #expect(sent.status == 0, "\(sent.errors)")
            #expect(try Tool.run("cmp", [file, file + ".back"]).status == 0)
            let chunked = try Self.curl(
                own, port, "/echo",
                version + ["--data-binary", "@\(file)", "-H", "Transfer-Encoding: chunked", "-o", file + ".back"])
            #expect(chunked.status == 0, "\(chunked.errors)")
            #expect(try Tool.run("cmp", [file, file + ".back"]).status == 0)
            let streamed = try Self.curl(own, port, "/stream", version + ["-o", "/dev/null", "-w", "%{size_download}"])
            #expect(streamed.output == "4000000")
        }
    }

    @Test(arguments: [
        ["--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"], ["--tls-max", "1.2", "--ciphers", "AES128-SHA"],
    ])
    func `old versions and ciphers are refused`(old: [String]) async throws {
        let own = try await offPool { try TestCertificate(kind: ["-newkey", "rsa:2048"]) }
        try await server(own).use { port in
            let (refused, taken) = (try Self.curl(own, port, "/", old), try Self.curl(own, port, "/"))
            #expect(refused.status == 35)
            #expect(taken.status == 0)
        }
    }

    @Test func `new connections get a new certificate`() async throws {
        let (first, second) = try await offPool { (try TestCertificate("first"), try TestCertificate("second")) }
        let server = try server(first)
        try await server.use { [server] port in
            #expect(try Self.curl(first, port, "/").status == 0)
            #expect(try Self.curl(second, port, "/").status == 60)
            server.use(try TLSCertificate(certificatePEM: second.certificatePEM, keyPEM: Secret(second.keyPEM)))
            #expect(try Self.curl(second, port, "/").status == 0)
            #expect(try Self.curl(first, port, "/").status == 60)
        }
    }

    @Test func `plain HTTP on the port of TLS is told so, and TLS on a plain port`() async throws {
        let own = try await offPool { try TestCertificate() }
        try await server(own).use { port in
            let client = try RawClient(port: port)
            let answer = try client.exchange(get("/"))
            #expect(answer.status == 400)
            #expect(try JSONValue(parsing: answer.body)["code"] == "tls_required")
            #expect(answer["Strict-Transport-Security"] == nil)
            #expect(client.isClosedByServer())
        }
        try await HTTPServer.test { _ in .text("plain") }.use { port in
            #expect(try Self.curl(own, port, "/").status == 35)
            let answer = try RawClient(port: port).exchange(get("/"))
            #expect(answer["Strict-Transport-Security"] == nil)
        }
    }

    @Test(arguments: ["", "\u{16}", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}"])
    func `a greeting that does not come in time ends the connection`(beginning: String) async throws {
        let own = try await offPool { try TestCertificate() }
        try await server(own, HTTPServerOptions(epollThreads: 1, firstHeadTimeoutSeconds: 1)).use { port in
            let client = try RawClient(port: port)
            try client.send(beginning)
            #expect(client.isClosedByServer())
            #expect(try Self.curl(own, port, "/").status == 0)
        }
    }

    @Test func `what is no certificate, or not its key, is told apart`() async throws {
        let (own, other) = try await offPool { (try TestCertificate(), try TestCertificate("other")) }
        let (certificate, key) = (try own.certificatePEM, try own.keyPEM)
        func fault(_ certificate: String, _ key: String) -> TLSCertificateError? {
            do throws(TLSCertificateError) {
                _ = try TLSCertificate(certificatePEM: certificate, keyPEM: Secret(key))
                return nil
            } catch {
                return error
            }
        }
        #expect(fault(certificate, key) == nil)
        #expect(fault(certificate, try other.keyPEM) == .keyOfAnother)
        for text in ["", "hello", key, certificate.replacing("A", with: "B")] {
            guard case .certificateNotReadable = fault(text, key) else {
                Issue.record("\(text.prefix(30)) was taken")
                continue
            }
        }
        let locked = try await offPool {
            _ = try Tool.run(
                "openssl",
                ["pkey", "-in", own.keyPath, "-aes256", "-passout", "pass:secret", "-out", own.folder + "/locked"])
            return try own.text(own.folder + "/locked")
        }
        for text in ["", "hello", certificate, locked] {
            guard case .keyNotReadable = fault(certificate, text) else {
                Issue.record("\(text.prefix(30)) was taken")
                continue
            }
        }
        // Those that vouch for each other may stand in any order; too many do not fit.
        guard case .certificateNotReadable = fault(String(repeating: certificate, count: 17), key) else {
            Issue.record("seventeen were taken")
            return
        }
    }

    @Test func `a certificate tells whom it is for, and how long`() async throws {
        let own = try await offPool { try TestCertificate() }
        let certificate = try TLSCertificate(certificatePEM: own.certificatePEM, keyPEM: Secret(own.keyPEM))
        #expect(certificate.covers(host: "localhost"))
        #expect(certificate.covers(host: "127.0.0.1"))
        #expect(!certificate.covers(host: "shop.example"))
        let days = certificate.validity.upperBound.since(certificate.validity.lowerBound)
        #expect(days == .seconds(30 * 86_400))
    }
}
