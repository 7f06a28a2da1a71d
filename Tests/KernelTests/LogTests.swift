import Kernel
import KernelTesting
import Testing

@Suite struct LogTests {
    @Test func `a line is one JSON object with its fields in order`() {
        let recorder = LogRecorder()
        let log = recorder.log(clock: ManualClock()).with(["request_id": "r1"])
        log.info("order_paid", ["order_id": "o1", "amount": 980, "repeated": false])
        #expect(
            recorder.lines.map(\.json) == [
                """
                {"time":"2026-11-21T04:00:00.000Z","level":"info","event":"order_paid","request_id":"r1",\
                "order_id":"o1","amount":980,"repeated":false}
                """
            ])
    }

    @Test func `whatever a text holds, the line stays one line of JSON`() {
        let recorder = LogRecorder()
        recorder.log(clock: ManualClock()).info(
            "a\"b", ["k\\e\ny": "\"quote\" \\ \n\r\t \u{0}\u{1F}\u{7F} 決済 🧾 \u{2028}", "n": .int(.min)])
        #expect(
            recorder.lines[0].json.hasSuffix(
                #""event":"a\"b","k\\e\ny":"\"quote\" \\ \n\r\t \u0000\u001f\u007f 決済 🧾 "#
                    + "\u{2028}\",\"n\":-9223372036854775808}"))
        #expect(!recorder.lines[0].json.contains("\n"))
    }

    @Test func `no name stands twice, and a field does not pass for the line's own`() {
        let recorder = LogRecorder()
        recorder.log(clock: ManualClock()).with(["order_id": "first"]).info(
            "paid", ["order_id": "second", "event": "forged", "level": "error", "time": "never"])
        let line = recorder.lines[0]
        #expect(
            line.json == """
                {"time":"2026-11-21T04:00:00.000Z","level":"info","event":"paid","order_id":"second",\
                "field_event":"forged","field_level":"error","field_time":"never"}
                """)
        #expect(line["order_id"] == "second")
        #expect(line["missing"] == nil)
    }

    @Test func `lines below the least level are dropped`() {
        let recorder = LogRecorder()
        let log = Log(clock: ManualClock(), minimum: .warning) { line in
            recorder.log(clock: ManualClock()).log(line.level, line.event)
        }
        log.debug("a")
        log.info("b")
        log.warning("c")
        log.error("d")
        #expect(recorder.lines.map(\.event) == ["c", "d"])
        Log.silent.error("nobody hears it")
        #expect(recorder.lines(of: "d").map(\.level) == [.error])
    }

    @Test func `levels are read by name and ordered by gravity`() {
        #expect(Log.Level(name: "WARNING") == .warning)
        #expect(Log.Level(name: "trace") == nil)
        #expect(Log.Level.allCases == Log.Level.allCases.sorted())
        #expect(Log.Level.debug < .error)
    }
}
