import ChildProcess
import Foundation

/// A program of the machine that a test runs to its end.
enum Tool {
    struct Result: Sendable {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs it, for at most a minute.
    static func run(_ program: String, _ arguments: [String]) throws -> Result {
        let place = NSTemporaryDirectory() + "kessai-tool-" + UUID().uuidString
        let (output, errors) = (place + ".output", place + ".errors")
        defer { for path in [output, errors] { unlink(path) } }
        let process = try ChildProcess(
            "/usr/bin/timeout", ["60", program] + arguments, environment: ["PATH": "/usr/bin:/bin"], directory: "/tmp",
            output: output, errors: errors)
        var end = process.poll()
        while end == nil {
            usleep(5000)
            end = process.poll()
        }
        var status: Int32 = -1
        if case .exited(let number) = end { status = number }
        return Result(
            status: status, output: try String(contentsOfFile: output, encoding: .utf8),
            errors: try String(contentsOfFile: errors, encoding: .utf8))
    }
}

/// A certificate that vouches for itself, made by openssl for one test, in a folder of its own.
final class TestCertificate: Sendable {
    struct Failed: Error {
        let words: String
    }

    let folder: String
    var certificatePath: String { folder + "/certificate.pem" }
    var keyPath: String { folder + "/key.pem" }

    /// A certificate for localhost with a common name.
    init(_ name: String = "first", kind: [String] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        throws
    {
        folder = NSTemporaryDirectory() + "kessai-tls-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let made = try Tool.run(
            "openssl",
            [
                "req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=\(name)", "-keyout", keyPath, "-out",
                certificatePath,
            ]
                + kind + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        guard made.status == 0 else { throw Failed(words: made.errors) }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }  // What is left there is a test's.

    /// The text of a file of its folder.
    func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
    var certificatePEM: String { get throws { try text(certificatePath) } }
    var keyPEM: String { get throws { try text(keyPath) } }
}
