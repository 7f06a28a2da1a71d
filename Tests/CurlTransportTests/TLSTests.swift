import CurlTransport
import Foundation
import HTTP
import Kernel
import Testing

private let openssl = "/usr/bin/openssl"

/// Against a server of the `openssl` command, with a certificate that nobody but we trusts.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: openssl)), .timeLimit(.minutes(1)))
struct TLSTests {
    @Test func `a certificate is checked against the authorities and the name`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // A leftover of a test harms nobody.
        let certificate = folder.appendingPathComponent("certificate.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        let making = try start([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
            "-out", certificate, "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
        ])
        making.process.waitUntilExit()
        let serving = try start(["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"])
        defer { serving.process.terminate() }
        let port = try #require(serving.port())

        let suspicious = try CurlTransport(log: .silent)
        let error = await #expect(throws: HTTPTransportError.self) {
            try await suspicious.send(HTTPClientRequest(method: "POST", url: "https://127.0.0.1:\(port)/"))
        }
        #expect(error?.isNotSent == true)

        let trusting = try CurlTransport(authoritiesFile: certificate, log: .silent)
        let answer = try await trusting.send(HTTPClientRequest(method: "GET", url: "https://127.0.0.1:\(port)/"))
        #expect(answer.status == 200)

        let named = await #expect(throws: HTTPTransportError.self) {
            try await trusting.send(HTTPClientRequest(method: "GET", url: "https://localhost:\(port)/"))
        }
        #expect(named?.isNotSent == true)
    }

    private struct Running {
        let process: Process
        let output: Pipe

        /// The port that the server says it listens on.
        func port() -> Int? {
            var text = ""
            while true {
                let data = output.fileHandleForReading.availableData
                if data.isEmpty { return nil }
                text += String(decoding: data, as: UTF8.self)
                if let line = text.split(separator: "\n").first(where: { $0.hasPrefix("ACCEPT ") }),
                    text.hasSuffix("\n")
                {
                    return line.split(separator: ":").last.flatMap { Int($0) }
                }
            }
        }
    }

    private func start(_ arguments: [String]) throws -> Running {
        let running = Running(process: Process(), output: Pipe())
        running.process.executableURL = URL(fileURLWithPath: openssl)
        running.process.arguments = arguments
        running.process.standardOutput = running.output
        running.process.standardError = FileHandle.nullDevice
        running.process.standardInput = FileHandle.nullDevice
        try running.process.run()
        return running
    }
}
