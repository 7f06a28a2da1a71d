import Kernel
import KernelTesting
import Synchronization
import Testing

@Suite struct IDTests {
    struct Order {}

    /// A clock that says what it is told.
    final class SetClock: WallClock {
        private let value: Mutex<Int64>
        init(_ epochMs: Int64) { value = Mutex(epochMs) }
        func set(_ epochMs: Int64) { value.withLock { $0 = epochMs } }
        func now() -> Timestamp { Timestamp(epochMs: value.withLock { $0 }) }
        func sleep(for duration: Duration) async throws {}
    }

    @Test func `an id is a UUIDv7 of its moment`() {
        let clock = ManualClock(Timestamp(epochMs: 0x0192_3456_789A))
        let text = IDGenerator(clock: clock, random: SeededRandom()).next(Order.self).rawValue
        #expect(text.hasPrefix("01923456-789a-7"))
        #expect(ID<Order>(untrusted: text)?.rawValue == text)
        let variant = text[text.index(text.startIndex, offsetBy: 19)]
        #expect("89ab".contains(variant))
    }

    @Test func `ids rise while the clock stands, runs and goes back`() {
        let clock = SetClock(1_795_235_580_000)
        let generator = IDGenerator(clock: clock, random: SeededRandom())
        var random = SeededRandom(7).next()
        var previous = ""
        for step in 0..<20_000 {
            if step % 1_000 == 0 {
                random = random &* 6_364_136_223_846_793_005 &+ 1
                clock.set(1_795_235_580_000 + Int64(bitPattern: random) % 5_000)
            }
            let next = generator.uuid()
            if previous >= next { Issue.record("\(next) does not follow \(previous)") }
            previous = next
        }
    }

    @Test func `more ids than a millisecond counts borrow from the next`() {
        let generator = IDGenerator(clock: ManualClock(), random: SeededRandom())
        let ids = (0..<10_000).map { _ in generator.uuid() }
        #expect(Set(ids).count == ids.count)
        #expect(ids == ids.sorted())
    }

    @Test func `ids of many tasks differ`() async {
        let generator = IDGenerator(clock: ManualClock(), random: SystemRandomSource())
        let ids = await withTaskGroup(of: [String].self) { group in
            for _ in 0..<8 { group.addTask { (0..<500).map { _ in generator.uuid() } } }
            return await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        #expect(ids.count == 4_000)
    }

    @Test func `a stranger's id is folded to lower case`() {
        let id = ID<Order>(untrusted: "01923456-789A-7BCD-8EF0-123456789ABC")
        #expect(id?.description == "01923456-789a-7bcd-8ef0-123456789abc")
    }

    @Test(arguments: [
        "", "1", "01923456789a7bcd8ef0123456789abc", "01923456-789a-7bcd-8ef0-123456789abg",
        "01923456-789a-7bcd-8ef0-123456789ab", "01923456-789a-7bcd-8ef0-123456789abcd",
        "01923456_789a_7bcd_8ef0_123456789abc", "{1923456-789a-7bcd-8ef0-123456789abc",
        "０1923456-789a-7bcd-8ef0-1234567", "01923456-789a-7bcd-8ef0-12345678'; ",
    ])
    func `what is no UUID is refused`(_ text: String) {
        #expect(ID<Order>(untrusted: text) == nil)
    }

    @Test func `random numbers stay in their range and reach its ends`() {
        let random = SeededRandom(3)
        for range in [0...0, -3...3, Int64.min...Int64.max, Int64.max - 1...Int64.max] as [ClosedRange<Int64>] {
            for _ in 0..<200 { #expect(range.contains(random.number(in: range))) }
        }
        #expect(Set((0..<200).map { _ in random.number(in: -1...1) }) == [-1, 0, 1])
        #expect(random.bytes(0).isEmpty)
        #expect(random.bytes(13).count == 13)
        let token = random.alphanumerics(40)
        #expect(token.utf8.count == 40)
        #expect(
            token.utf8.allSatisfy { Character(UnicodeScalar($0)).isLetter || Character(UnicodeScalar($0)).isNumber })
    }

    @Test func `a seed repeats its history, and the system's source does not`() {
        #expect(SeededRandom(9).bytes(64) == SeededRandom(9).bytes(64))
        #expect(SeededRandom(9).bytes(64) != SeededRandom(10).bytes(64))
        #expect(SystemRandomSource().bytes(32) != SystemRandomSource().bytes(32))
    }
}
