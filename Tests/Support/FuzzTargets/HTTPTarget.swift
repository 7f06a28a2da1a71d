internal import Glibc
internal import HTTP
internal import Synchronization

private import class Foundation.Thread

extension FuzzTarget {
    /// The bytes of a connection to a real server: it answers what a strict second reading sees as requests, refuses the
    /// rest, closes, and loses nothing.
    static let http = FuzzTarget("http", "the bytes of a connection, from the socket on") {
        let properties = HTTPProperties(server: try WireServer())
        return { input in try properties.check(input) }
    }
}

final class HTTPProperties: Sendable {
    /// Whether this process is the fuzzer; beside other tests their descriptors would be counted as well.
    private static let isAlone = getenv("KESSAI_FUZZ_TARGET") != nil

    private let server: WireServer
    private let count = Mutex(0)
    private let descriptors = Mutex<Int?>(nil)

    init(server: WireServer) { self.server = server }

    func check(_ input: [UInt8]) throws {
        let reading = WireReading(input)
        let whole = try exchange([input[...]], reading)
        let pieces = try exchange(Self.pieces(of: input), reading)
        try hold(whole.seen == pieces.seen, "in pieces other requests are seen: \(input.shown())")
        // What is refused at the end of the connection may be refused for another reason, seen earlier or later; what is whole
        // must not.
        let wholes = reading.messages.count { $0.body != nil }
        let (one, other) = (whole.answers.prefix(wholes).map(\.status), pieces.answers.prefix(wholes).map(\.status))
        // A connection that is broken off may lose answers on their way.
        // So does one whose client asks to be told to go on, and has said its last word already: libmicrohttpd reads on behind
        // its 100, and closes at the end that it finds.
        let isAsking = reading.messages.contains { !$0.values("expect").isEmpty }
        let isWhole = whole.isWhole && pieces.isWhole && !isAsking
        try hold(!isWhole || one == other, "in pieces it is answered \(other), not \(one): \(input.shown())")
        let round = count.withLock { count in
            count += 1
            return count
        }
        if Self.isAlone, round % 256 == 0 { try checkDescriptors() }
    }

    private struct Outcome {
        let seen: [WireServer.Seen]
        let answers: [AnswerReading.Answer]
        let isWhole: Bool
    }

    private func exchange(_ pieces: [ArraySlice<UInt8>], _ reading: WireReading) throws -> Outcome {
        let input = Array(pieces.joined())
        let (received, end) = try WireClient.exchange(pieces, port: server.port)
        try hold(end != .silent, "neither an answer nor an end: \(input.shown())")
        // A task that was cancelled because its client left may still be about to write down what it saw.
        var spins = 0
        while server.connectionCount > 0, spins < 10_000 {
            Thread.sleep(forTimeInterval: 0.0005)
            spins += 1
        }
        let seen = server.take()
        try checkSeen(seen, reading, input)
        let methods = reading.messages.map(\.method) + [reading.refusedMethod].compactMap(\.self)
        let answers = AnswerReading(received, to: methods)
        try checkAnswers(answers, end, input)
        let wholes = seen.count { if case .whole = $0 { true } else { false } }
        try hold(end == .reset || answers.answers.count >= wholes, "a request is not answered: \(input.shown())")
        return Outcome(seen: seen, answers: answers.answers, isWhole: end == .closed)
    }

    /// What reached the handler is, one by one, what the second reading sees.
    private func checkSeen(_ seen: [WireServer.Seen], _ reading: WireReading, _ input: [UInt8]) throws {
        var heads = reading.messages[...]
        var current: WireReading.Message?
        for event in seen {
            switch event {
            case .head(let method, let path, let query):
                current = heads.popFirst()
                let target = current.map { String(decoding: $0.target, as: UTF8.self) } ?? ""
                let isSame =
                    current.map { String(decoding: $0.method, as: UTF8.self) == method } == true
                    && Self.isTarget(target, path: path, query: query)
                try hold(isSame, "a request that is none: \(method) \(path)?\(query) in \(input.shown())")
            case .whole(let method, let path, let query, let fields, let body):
                guard let current, let expected = current.body else {
                    return try hold(false, "a body that is none: \(method) \(path)?\(query) in \(input.shown())")
                }
                try hold(body == expected, "another body: \(body.shown()) in \(input.shown())")
                var texts = current.fields.map {
                    "\(String(decoding: $0.name, as: UTF8.self)): \(String(decoding: $0.value, as: UTF8.self))"
                }
                // RFC 9112, 3.2.2: a target that names its host goes before the field.
                let target = String(decoding: current.target, as: UTF8.self)
                if let authority = target.split(separator: "://", maxSplits: 1).dropFirst().first {
                    texts.removeAll { $0.lowercased().hasPrefix("host:") }
                    texts.append("Host: \(authority.prefix { $0 != "/" && $0 != "?" })")
                }
                try hold(fields == texts, "other fields: \(fields) in \(input.shown())")
            }
        }
    }

    /// Whether path and query are a target's: of `/path?query`, or of the same behind `scheme://host`.
    private static func isTarget(_ target: String, path: String, query: String) -> Bool {
        let whole = query.isEmpty ? path : path + "?" + query
        if target == whole || target == whole + "?" { return true }
        guard !target.hasPrefix("/"), let scheme = target.firstRange(of: "://") else { return false }
        let behind = target[scheme.upperBound...].drop { $0 != "/" && $0 != "?" }
        return (behind.hasPrefix("/") ? String(behind) : "/" + behind).hasPrefix(whole)
    }

    /// What came back is answers and nothing else, each of a status that a stranger may get.
    private func checkAnswers(_ reading: AnswerReading, _ end: WireClient.End, _ input: [UInt8]) throws {
        try hold(reading.fault == nil, "\(reading.fault ?? "") in the answer to \(input.shown())")
        try hold(!reading.isCut || end == .reset, "half an answer to \(input.shown())")
        for answer in reading.answers {
            let isExpected = [200, 201, 204, 400, 401, 404, 405, 413, 414, 415, 431, 501, 505].contains(answer.status)
            try hold(isExpected, "the status \(answer.status) for \(input.shown())")
            guard let requestID = answer["x-request-id"] else {
                // libmicrohttpd's own refusals have none.
                try hold(answer.status >= 400, "no request's id for \(input.shown())")
                continue
            }
            try hold((1...64).contains(requestID.utf8.count), "the request's id \(requestID)")
        }
    }

    /// When all connections are over, as many descriptors are open as before, once the server has seen that the clients
    /// whom it let go are gone.
    private func checkDescriptors() throws {
        var open = WireClient.openDescriptors()
        let before = descriptors.withLock { before in
            defer { before = before ?? open }
            return before ?? open
        }
        for _ in 0..<10_000 where open > before + 2 {
            Thread.sleep(forTimeInterval: 0.0005)
            open = WireClient.openDescriptors()
        }
        try hold(open <= before + 2, "\(open) descriptors are open, and were \(before)")
    }

    /// The same bytes in up to eight pieces, cut by the bytes themselves so that a repeat cuts the same.
    private static func pieces(of input: [UInt8]) -> [ArraySlice<UInt8>] {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in input { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var pieces: [ArraySlice<UInt8>] = []
        var rest = input[...]
        for _ in 0..<7 where rest.count > 1 {
            hash = hash &* 6_364_136_223_846_793_005 &+ 1
            let count = 1 + Int((hash >> 33) % UInt64(rest.count))
            pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return pieces + [rest]
    }
}
