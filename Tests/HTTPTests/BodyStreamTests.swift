import HTTP
import Testing

@Suite struct BodyStreamTests {
    private struct Fault: Error {}

    private func counting(to last: Int) -> HTTPBodyStream {
        HTTPBodyStream(from: 0) { count in
            if count == last { return nil }
            count += 1
            return Array("\(count) ".utf8)
        }
    }

    @Test func `a stream carries its state from piece to piece`() async throws {
        let stream = counting(to: 2)
        var pieces: [String] = []
        while let piece = try await stream.next() { pieces.append(String(decoding: piece, as: UTF8.self)) }
        #expect(pieces == ["1 ", "2 "])
        #expect(try await stream.next() == nil)
    }

    @Test func `an answer is collected, its beginning first`() async throws {
        let answer = HTTPResponse(
            status: 201, headers: ["X-A": "b"], body: Array("0 ".utf8), stream: counting(to: 3))
        let whole = try await answer.collected(bytesMax: 8)
        #expect(whole.status == 201)
        #expect(whole.headers["X-A"] == "b")
        #expect(String(decoding: whole.body, as: UTF8.self) == "0 1 2 3 ")
        #expect(whole.stream == nil)
        #expect(try await HTTPResponse.text("plain").collected(bytesMax: 0).body == Array("plain".utf8))
    }

    @Test func `more than is allowed, and a fault of the maker, are thrown`() async throws {
        await #expect(throws: Problem.self) {
            _ = try await HTTPResponse(status: 200, stream: counting(to: 3)).collected(bytesMax: 5)
        }
        let broken = HTTPBodyStream { throw Fault() }
        await #expect(throws: Fault.self) {
            _ = try await HTTPResponse(status: 200, stream: broken).collected(bytesMax: 5)
        }
    }
}
