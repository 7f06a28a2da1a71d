import Testing

@testable import Jobs

@Suite struct GaugeTests {
    @Test func `a wait for a mark that is reached returns at once`() async {
        let gauge = Gauge()
        gauge.raise(to: 2)
        await gauge.wait(for: 2)
        gauge.raise(to: 1)
        #expect(gauge.value == 2)
    }

    @Test func `a rise wakes those whose mark is reached and leaves the others`() async {
        let gauge = Gauge()
        let woken = Ledger<Int>()
        await withTaskGroup(of: Void.self) { group in
            for mark in 1...3 {
                group.addTask {
                    await gauge.wait(for: mark)
                    woken.add(mark)
                }
            }
            for count in 1...3 {
                gauge.raise()
                _ = await group.next()
                #expect(woken.entries.sorted() == Array(1...count))
            }
        }
    }

    @Test(arguments: 1...20) func `a cancelled wait returns`(_ round: Int) async {
        let gauge = Gauge()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { await gauge.wait(for: 1) } }
            if round % 2 == 0 { await Task.yield() }
            group.cancelAll()
        }
        #expect(gauge.value == 0)
    }
}
