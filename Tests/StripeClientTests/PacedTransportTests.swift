import HTTP
import Kernel
import StripeClient
import Testing

/// The pace that leaves Stripe's rate limit to buyers.
@Suite struct PacedTransportTests {
    private let request = HTTPClientRequest(method: "GET", url: "https://api.stripe.com/v1/charges")

    private func transport(
        _ answers: [Int], _ clock: SelfMovingClock
    ) -> (paced: PacedTransport, stub: StubTransport) {
        let stub = StubTransport(answers.map { .answer(HTTPResponse(status: $0)) })
        return (PacedTransport(stub, clock: clock, perSecondMax: 20), stub)
    }

    private func sum(_ durations: [Duration]) -> Duration { durations.reduce(.zero, +) }

    @Test func `a second's worth leaves at once, the rest at twenty a second`() async throws {
        let clock = SelfMovingClock()
        let (paced, stub) = transport(Array(repeating: 200, count: 100), clock)
        for _ in 0..<20 { _ = try await paced.send(request) }
        #expect(clock.slept == [])
        for _ in 0..<80 { _ = try await paced.send(request) }
        #expect(sum(clock.slept) == .seconds(4))
        #expect(clock.slept.allSatisfy { $0 == .milliseconds(50) })
        #expect(stub.stepsLeft == 0)
    }

    @Test func `a pause earns a second's worth, and no more`() async throws {
        let clock = SelfMovingClock()
        let (paced, _) = transport(Array(repeating: 200, count: 60), clock)
        for _ in 0..<20 { _ = try await paced.send(request) }
        clock.advance(by: .seconds(3600))
        for _ in 0..<20 { _ = try await paced.send(request) }
        #expect(clock.slept == [])
        for _ in 0..<20 { _ = try await paced.send(request) }
        #expect(sum(clock.slept) == .seconds(1))
    }

    @Test func `429 is waited out, longer each time, and the same request sent again`() async throws {
        let clock = SelfMovingClock()
        let (paced, stub) = transport([429, 429, 429, 200, 200], clock)
        let answer = try await paced.send(request)
        #expect(answer.status == 200)
        #expect(sum(clock.slept) == .seconds(7))
        #expect(stub.requests.count == 4)
        #expect(Set(stub.requests.map(\.url)).count == 1)
    }

    @Test func `429 without end is told after five returns`() async throws {
        let clock = SelfMovingClock()
        let (paced, stub) = transport(Array(repeating: 429, count: 6), clock)
        let answer = try await paced.send(request)
        #expect(answer.status == 429)
        #expect(sum(clock.slept) == .seconds(31))
        #expect(stub.stepsLeft == 0)
    }

    @Test func `a cancelled task does not wait its turn, and sends nothing`() async {
        let clock = SelfMovingClock()
        let (paced, stub) = transport(Array(repeating: 200, count: 21), clock)
        let outcome = await withTaskGroup(of: HTTPTransportError?.self) { group in
            group.addTask {
                do {
                    for _ in 0..<20 { _ = try await paced.send(request) }
                    withUnsafeCurrentTask { $0?.cancel() }
                    _ = try await paced.send(request)
                    return nil
                } catch let error as HTTPTransportError {
                    return error
                } catch {
                    return nil
                }
            }
            return await group.next() ?? nil
        }
        #expect(outcome == .cancelled)
        #expect(stub.stepsLeft == 1)
    }
}
