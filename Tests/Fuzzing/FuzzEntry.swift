internal import FuzzTargets
internal import Glibc

/// What libFuzzer calls.
enum FuzzEntry {
    /// The target that `KESSAI_FUZZ_TARGET` names, prepared; the process ends when there is none.
    static let check: FuzzTarget.Check = {
        let name = getenv("KESSAI_FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
            end("KESSAI_FUZZ_TARGET must be one of: " + FuzzTarget.all.map(\.name).joined(separator: " "))
        }
        do { return try target.prepare() } catch { end("\(name) cannot be prepared: \(error)") }
    }()

    private static func end(_ why: String) -> Never {
        say("kessai-fuzz: \(why)\n")
        exit(2)
    }

    /// Writes to standard error, whose name in C is a variable that Swift does not let threads share.
    static func say(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}

/// Prepares the target before the first input, so that its coverage is no input's.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?
) -> CInt {
    _ = FuzzEntry.check
    return 0
}

/// Checks one input. What does not hold ends the process, and libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try FuzzEntry.check(Array(UnsafeBufferPointer(start: data, count: count)))
    } catch {
        FuzzEntry.say("broken: \(error)\n")
        abort()
    }
    return 0
}
