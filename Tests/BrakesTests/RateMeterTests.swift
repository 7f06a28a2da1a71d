import Brakes
import Kernel
import KernelTesting
import Testing

/// S2-AUTH-08, law 14: a share is a burst and what comes back, and nobody can get more by being many.
@Suite struct RateMeterTests {
    private let clock = ManualClock()
    private static let key = [UInt8](repeating: 7, count: RateMeter.keyBytes)

    private func meter(_ burst: Int, _ perMinute: Double) -> RateMeter {
        RateMeter(Rate(burst: burst, perMinute: perMinute), key: Self.key, clock: clock)
    }

    private func name(_ number: Int) -> [UInt8] { Array("subject \(number)".utf8) }

    @Test func `a burst is let through, then as much as comes back`() {
        let meter = meter(3, 6)
        for _ in 0..<3 { #expect(meter.take(name(1)) == nil) }
        #expect(meter.take(name(1)) == 10)
        clock.advance(by: .milliseconds(9_001))
        #expect(meter.take(name(1)) == 1)
        clock.advance(by: .milliseconds(999))
        #expect(meter.take(name(1)) == nil)
        #expect(meter.take(name(1)) == 10)
        clock.advance(by: .seconds(3_600))
        for _ in 0..<3 { #expect(meter.take(name(1)) == nil) }
        #expect(meter.take(name(1)) == 10)
    }

    @Test func `a refused request takes nothing, and asking takes nothing`() {
        let meter = meter(1, 60)
        #expect(meter.wait(name(1)) == nil)
        #expect(meter.take(name(1)) == nil)
        for _ in 0..<100 {
            #expect(meter.wait(name(1)) == 1)
            #expect(meter.take(name(1)) == 1)
        }
        clock.advance(by: .seconds(1))
        #expect(meter.wait(name(1)) == nil)
        #expect(meter.take(name(1)) == nil)
    }

    @Test func `each subject has its own share`() {
        let meter = meter(2, 1)
        for number in 0..<100 {
            for _ in 0..<2 { #expect(meter.take(name(number)) == nil) }
            #expect(meter.take(name(number)) == 60)
        }
    }

    @Test(arguments: [100, 50_000])
    func `no crowd of others brings a share back`(others: Int) {
        let meter = meter(5, 1)
        for _ in 0..<5 { #expect(meter.take(name(-1)) == nil) }
        #expect(meter.take(name(-1)) != nil)
        for number in 0..<others { _ = meter.take(name(number)) }
        #expect(meter.take(name(-1)) != nil)
    }

    @Test func `who is refused takes hardly anybody along`() {
        let meter = meter(5, 1)
        for number in 0..<1_000 { while meter.take(name(number)) == nil {} }
        let bystanders = 20_000
        let refused = (0..<bystanders).count { meter.wait(name(1_000_000 + $0)) != nil }
        #expect(refused < bystanders / 2_000)
    }

    @Test func `another key shares other cells`() {
        // So many that a few subjects are refused for others; which, depends on the key.
        func refused(_ key: UInt8) -> [Int] {
            let meter = RateMeter(
                Rate(burst: 1, perMinute: 1), key: [UInt8](repeating: key, count: RateMeter.keyBytes), clock: clock)
            for number in 0..<10_000 { _ = meter.take(name(number)) }
            return (20_000..<21_000).filter { meter.wait(name($0)) != nil }
        }
        #expect(!refused(1).isEmpty)
        #expect(refused(1) == refused(1))
        #expect(refused(1) != refused(2))
    }

    @Test func `a clock that is set back locks nobody out for longer than a bucket takes to fill`() {
        let meter = meter(4, 60)
        for _ in 0..<4 { #expect(meter.take(name(1)) == nil) }
        clock.advance(by: .seconds(-86_400))
        #expect(meter.take(name(1)) == 1)
        clock.advance(by: .seconds(1))
        #expect(meter.take(name(1)) == nil)
        clock.advance(by: .seconds(4))
        for _ in 0..<4 { #expect(meter.take(name(1)) == nil) }
    }

    @Test func `many threads at once get the burst and no more`() async {
        let meter = meter(500, 1)
        let name = name(1)
        let taken = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { (0..<200).count { _ in meter.take(name) == nil } } }
            return await group.reduce(0, +)
        }
        #expect(taken == 500)
    }

    @Test func `a rate scales, and never to nothing`() {
        #expect(Rate(burst: 20, perMinute: 30).scaled(by: 2.5) == Rate(burst: 50, perMinute: 75))
        #expect(Rate(burst: 1, perMinute: 30).scaled(by: 0.1).burst == 1)
        #expect(Rate(burst: 0, perMinute: 0) == Rate(burst: 1, perMinute: 0.001))
    }
}
