import CurlTransport
import HTTP
import HTTPServer
import Kernel
import KernelTesting
import Testing

/// Every failure tells whether the other side may have acted (law 3).
@Suite(.timeLimit(.minutes(5))) struct FailureTests {
    private func failure(
        of request: HTTPClientRequest, by transport: CurlTransport? = nil
    ) async throws -> HTTPTransportError? {
        let transport = try transport ?? CurlTransport(log: .silent)
        do {
            _ = try await transport.send(request)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a refused connection is not sent`() async throws {
        let nobody = RawServer.Listening()
        let error = try await failure(of: HTTPClientRequest(method: "POST", url: "http://127.0.0.1:\(nobody.port)"))
        #expect(error?.isNotSent == true)
    }

    @Test(arguments: [
        "http://name.invalid/", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "", "http://127.0.0.1:99999/",
        "http://127.0.0.1/\0", "http://127.0.0.1/a b",
    ]) func `an address that leads nowhere is not sent`(url: String) async throws {
        let error = try await failure(of: HTTPClientRequest(method: "GET", url: url, timeout: .seconds(2)))
        #expect(error?.isNotSent == true)
    }

    @Test(arguments: [["X-A": "a\r\nX-B: b"], ["X A": "a"], ["": "a"], ["X-A": "\0"]] as [HTTPHeaders])
    func `a field that would be more than one is not sent`(headers: HTTPHeaders) async throws {
        let server = RawServer { peer, _ in _ = peer.request() }
        let error = try await failure(of: HTTPClientRequest(method: "GET", url: server.url, headers: headers))
        #expect(error == .notSent(reason: "the request is not one of HTTP"))
        #expect(server.connectionCount == 0)
        server.stop()
    }

    @Test func `a peer that does not speak TLS is not sent to`() async throws {
        let server = RawServer { peer, _ in
            peer.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            peer.waitForEnd()
        }
        let error = try await failure(of: HTTPClientRequest(method: "POST", url: "https://127.0.0.1:\(server.port)/"))
        #expect(error?.isNotSent == true)
        server.stop()
    }

    @Test func `a peer that never agrees on TLS is not sent to`() async throws {
        let server = RawServer { peer, _ in peer.waitForEnd() }
        let request = HTTPClientRequest(
            method: "POST", url: "https://127.0.0.1:\(server.port)/", timeout: .milliseconds(100))
        #expect(try await failure(of: request)?.isNotSent == true)
        server.stop()
    }

    /// What a request that is not answered ends with, once the machine was quick enough to send it at all.
    private func timeout(of request: HTTPClientRequest) async throws -> HTTPTransportError? {
        var request = request
        for timeoutMs in [100, 1000, 10_000] {
            request.timeout = .milliseconds(timeoutMs)
            let error = try await failure(of: request)
            if error?.isNotSent != true { return error }
        }
        return nil
    }

    @Test func `an answer that does not come in time is a time-out`() async throws {
        let server = RawServer { peer, _ in
            _ = peer.request()
            peer.waitForEnd()
        }
        #expect(try await timeout(of: HTTPClientRequest(method: "POST", url: server.url)) == .timeout)
        server.stop()
    }

    @Test func `an answer that stops in its middle in time is a time-out`() async throws {
        let server = RawServer { peer, _ in
            _ = peer.request()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            peer.waitForEnd()
        }
        #expect(try await timeout(of: HTTPClientRequest(method: "GET", url: server.url)) == .timeout)
        server.stop()
    }

    @Test(
        arguments: [
            "", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
            "HTTP/1.1 200 OK\r\nContent-", "This is not HTTP\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
        ], [false, true])
    func `an answer that breaks off is lost`(answer: String, byReset: Bool) async throws {
        let server = RawServer { peer, _ in
            _ = peer.request()
            peer.send(answer)
            if byReset { peer.reset() }
        }
        let error = try await failure(of: HTTPClientRequest(method: "POST", url: server.url))
        #expect(error?.isLost == true)
        server.stop()
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890", "HTTP/1.1 200 OK\r\n\r\n01234567890",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n012345\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\n" + String(repeating: "X-A: \(String(repeating: "a", count: 1000))\r\n", count: 70)
            + "\r\n",
    ]) func `an answer beyond its bound is too large`(answer: String) async throws {
        let server = RawServer { peer, _ in
            _ = peer.request()
            peer.send(answer)
        }
        let request = HTTPClientRequest(method: "GET", url: server.url, responseBytesMax: 10)
        #expect(try await failure(of: request) == .answerTooLarge)
        server.stop()
    }

    @Test func `an answer of exactly its bound is taken`() async throws {
        let server = RawServer { peer, _ in
            _ = peer.request()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789")
        }
        let transport = try CurlTransport(log: .silent)
        let answer = try await transport.send(
            HTTPClientRequest(method: "GET", url: server.url, responseBytesMax: 10))
        #expect(answer.body.count == 10)
        server.stop()
    }

    @Test func `a task that is cancelled ends its request`() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        let server = RawServer { peer, _ in
            _ = peer.request()
            arrived.yield()
            peer.waitForEnd()
            ended.yield()
        }
        let transport = try CurlTransport(log: .silent)
        let task = Task { try await failure(of: HTTPClientRequest(method: "POST", url: server.url), by: transport) }
        for await _ in arrivals { break }
        task.cancel()
        #expect(try await task.value == .cancelled)
        // The connection is ended too, not only the waiting.
        for await _ in ends { break }
        server.stop()
    }

    @Test func `a task that was cancelled before sends nothing`() async throws {
        let server = RawServer { peer, _ in _ = peer.request() }
        let transport = try CurlTransport(log: .silent)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await failure(of: HTTPClientRequest(method: "POST", url: server.url), by: transport)
        }
        #expect(try await task.value == .cancelled)
        #expect(server.connectionCount == 0)
        server.stop()
    }

    @Test func `more requests than may wait are refused at once`() async throws {
        let server = RawServer { peer, _ in peer.waitForEnd() }
        let transport = try CurlTransport(requestsMax: 2, log: .silent)
        let errors = Shared<[HTTPTransportError]>([])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    let error = try? await failure(of: HTTPClientRequest(method: "GET", url: server.url), by: transport)
                    // The three that are refused come back first; then the others are ended.
                    let count = errors.change { errors -> Int in
                        if let error { errors.append(error) }
                        return errors.count
                    }
                    if count == 3 { transport.close() }
                }
            }
        }
        let refused = errors.value.filter { $0 == .notSent(reason: "too many requests are under way") }
        #expect(refused.count == 3)
        server.stop()
    }

    @Test func `a request that waits for a connection longer than it may is not sent`() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let server = RawServer { peer, _ in
            _ = peer.request()
            arrived.yield()
            peer.waitForEnd()
        }
        let transport = try CurlTransport(connectionsPerHostMax: 1, log: .silent)
        let first = Task { try await failure(of: HTTPClientRequest(method: "GET", url: server.url), by: transport) }
        for await _ in arrivals { break }
        let request = HTTPClientRequest(method: "GET", url: server.url, timeout: .milliseconds(50))
        let waited = try await failure(of: request, by: transport)
        #expect(waited == .notSent(reason: "no connection became free in time"))
        // Another host is not held up, and a waiting request can be cancelled.
        let other = RawServer { peer, _ in
            _ = peer.request()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
        #expect(try await transport.send(HTTPClientRequest(method: "GET", url: other.url)).status == 200)
        let waiting = Task { try await failure(of: HTTPClientRequest(method: "GET", url: server.url), by: transport) }
        waiting.cancel()
        #expect(try await waiting.value == .cancelled)
        first.cancel()
        #expect(try await first.value == .cancelled)
        #expect(server.connectionCount == 1)
        server.stop()
        other.stop()
    }

    @Test func `many requests that fail at once do not keep the next ones waiting`() async throws {
        let nobody = RawServer.Listening()
        let transport = try CurlTransport(connectionsMax: 2, log: .silent)
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<50 {
                let url = index % 2 == 0 ? "http://127.0.0.1:\(nobody.port)" : "ftp://127.0.0.1/"
                group.addTask {
                    let request = HTTPClientRequest(method: "GET", url: url, timeout: .seconds(1000))
                    do {
                        _ = try await transport.send(request)
                        return false
                    } catch {
                        return (error as? HTTPTransportError)?.isNotSent == true
                    }
                }
            }
            for await isNotSent in group { #expect(isNotSent) }
        }
    }

    @Test func `closing ends what is under way and refuses what comes`() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let server = RawServer { peer, _ in
            _ = peer.request()
            arrived.yield()
            peer.waitForEnd()
        }
        let transport = try CurlTransport(log: .silent)
        async let under = failure(of: HTTPClientRequest(method: "POST", url: server.url), by: transport)
        for await _ in arrivals { break }
        transport.close()
        transport.close()
        #expect(try await under == .lost(reason: "the transport was closed"))
        #expect(
            try await failure(of: HTTPClientRequest(method: "POST", url: server.url), by: transport)?.isNotSent == true)
        server.stop()
    }
}

/// What happens when a kept connection ends in the moment of its reuse.
@Suite(.timeLimit(.minutes(5))) struct ReuseTests {
    /// Answers the first request of each connection; on the first connection takes a second and ends without a word.
    private func server(_ requests: @escaping @Sendable (String) -> Void) -> RawServer {
        RawServer { peer, number in
            func report(_ text: String) { if !text.isEmpty { requests(text) } }
            report(peer.request())
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)")
            if number == 0 { report(peer.request()) } else { peer.waitForEnd() }
        }
    }

    @Test(arguments: [("GET", [:]), ("DELETE", [:]), ("POST", ["Idempotency-Key": "k"])] as [(String, HTTPHeaders)])
    func `what may be repeated is sent once more, with the same bytes`(method: String, headers: HTTPHeaders)
        async throws
    {
        let seen = Shared<[String]>([])
        let server = server { text in seen.change { $0.append(text) } }
        let transport = try CurlTransport(log: .silent)
        let body = method == "GET" ? [] : Array("amount=980".utf8)
        let request = HTTPClientRequest(method: method, url: server.url, headers: headers, body: body)
        #expect(try await transport.send(request).body == Array("0".utf8))
        #expect(try await transport.send(request).body == Array("1".utf8))
        #expect(seen.value.count == 3)
        #expect(Set(seen.value).count == 1)
        server.stop()
    }

    @Test(arguments: ["amount=980", ""]) func `what may not be repeated is lost, and seen once`(body: String)
        async throws
    {
        let seen = Shared<[String]>([])
        let server = server { text in seen.change { $0.append(text) } }
        let transport = try CurlTransport(log: .silent)
        let request = HTTPClientRequest(method: "POST", url: server.url, body: Array(body.utf8))
        #expect(try await transport.send(request).body == Array("0".utf8))
        let error = await #expect(throws: HTTPTransportError.self) { try await transport.send(request) }
        #expect(error?.isLost == true)
        #expect(seen.value.count == 2)
        server.stop()
    }

    @Test func `a repetition that finds nobody is lost, not unsent`() async throws {
        let server = RawServer { peer, number in
            _ = peer.request()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)")
            _ = peer.request()
        }
        let transport = try CurlTransport(log: .silent)
        let request = HTTPClientRequest(method: "GET", url: server.url)
        _ = try await transport.send(request)
        server.stop()
        let error = await #expect(throws: HTTPTransportError.self) { try await transport.send(request) }
        #expect(error?.isLost == true)
    }
}

extension HTTPTransportError {
    var isNotSent: Bool { if case .notSent = self { true } else { false } }
    var isLost: Bool { if case .lost = self { true } else { false } }
}
