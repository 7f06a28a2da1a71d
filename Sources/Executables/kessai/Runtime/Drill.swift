internal import CommandWords
private import Glibc
internal import JSON
internal import Kernel
internal import KessaiApp

/// What a process of a drill does otherwise (docs/drills.md). Without the drill's settings none of it happens.
enum Drill {
    /// The clock of a process.
    static func clock(_ settings: Settings) -> any WallClock {
        let ahead = settings.drill?.clockAhead ?? .zero
        return ahead == .zero ? SystemClock() : AheadClock(SystemClock(), by: ahead)
    }

    /// Ends the process as `kill -9` does, with no clean-up; its last line says where.
    static func endProcess(at name: String) {
        let line: JSONValue = [
            "time": .string(SystemClock().now().rfc3339), "level": "warning", "event": "failpoint",
            "name": .string(name),
        ]
        Terminal.writeLast(line.text() + "\n") {
            kill(getpid(), SIGKILL)
            while true { pause() }
        }
    }
}
