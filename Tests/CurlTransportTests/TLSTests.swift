import CurlTransport
import Glibc
import HTTP
import Kernel
import Testing

private let openssl = "/usr/bin/openssl"

/// Against a server of the `openssl` command, with a certificate that nobody but we trusts.
@Suite(.enabled(if: access(openssl, X_OK) == 0), .timeLimit(.minutes(5)))
struct TLSTests {
    @Test func `a certificate is checked against the authorities and the name`() async throws {
        var template = Array("/tmp/tls-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        let (certificate, key) = (folder + "/certificate.pem", folder + "/key.pem")
        defer {
            for path in [certificate, key] { unlink(path) }
            rmdir(folder)
        }
        let making = try Subprocess([
            openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=test",
            "-addext", "subjectAltName=IP:127.0.0.1",
        ])
        making.wait()
        let serving = try Subprocess([
            openssl, "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www",
        ])
        defer {
            serving.terminate()
            serving.wait()
        }
        let line = try #require(serving.firstLine(beginning: "ACCEPT "))
        let port = try #require(line.split(separator: ":").last.flatMap { Int($0) })

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
}

/// A child process whose output is read. It inherits no descriptor, so that it keeps no test's connection open.
private struct Subprocess {
    struct Failed: Error {}

    private let process: pid_t
    private let output: Int32

    init(_ arguments: [String]) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failed() }
        defer { close(ends[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        for inherited in 3..<Int32(1024) { posix_spawn_file_actions_addclose(&actions, inherited) }
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        // The thread we are on may block signals, and a child inherits that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var process = pid_t()
        let status = posix_spawn(&process, arguments[0], &actions, &attributes, &words, nil)
        output = ends[0]
        self.process = process
        guard status == 0 else {
            close(output)
            throw Failed()
        }
    }

    /// Waits for a line of this beginning; nil when the output ends without it.
    func firstLine(beginning: String) -> String? {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 1024)
        while true {
            if let line = text.split(separator: "\n").first(where: { $0.hasPrefix(beginning) }), text.hasSuffix("\n") {
                return String(line)
            }
            let count = read(output, &buffer, buffer.count)
            guard count > 0 else { return nil }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    func terminate() { kill(process, SIGKILL) }

    func wait() {
        var status: Int32 = 0
        waitpid(process, &status, 0)
        close(output)
    }
}
