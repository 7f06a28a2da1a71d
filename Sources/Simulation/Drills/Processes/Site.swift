public import ChildProcess
public import Kernel

/// Where processes of a drill run: one binary, one folder, the settings that all of them share.
public struct Site: Sendable {
    /// The binary, `kessai`.
    public let binary: String
    /// The folder of the drill, with `logs` in it.
    public let folder: String
    /// What every process has in its environment.
    public var environment: [String: String]
    /// The drill's own clock.
    public let clock: any WallClock

    /// A site in an absolute folder, which is made. Throws ``DrillFailure`` when there is no such binary, and when
    /// the folder cannot be made.
    public init(
        binary: String, folder: String, environment: [String: String] = [:], clock: any WallClock
    ) throws {
        guard Files.isProgram(binary) else { throw DrillFailure("there is no program at \(binary)") }
        self.binary = binary
        self.folder = folder
        self.environment = environment
        self.clock = clock
        try Files.makeFolder(folder + "/logs")
    }

    /// Starts the binary; both its outputs go to `logs/NAME.log`.
    public func start(
        _ name: String, _ arguments: [String], adding extra: [String: String] = [:], input: String? = nil
    ) throws -> ChildProcess {
        var stdin = "/dev/null"
        if let input {
            stdin = "\(folder)/\(name).input"
            try Files.write(input, to: stdin)
        }
        return try ChildProcess(
            binary, arguments, environment: environment.merging(extra) { $1 }, directory: folder, input: stdin,
            output: log(name), errors: log(name))
    }

    /// The path of a process's log.
    public func log(_ name: String) -> String { "\(folder)/logs/\(name).log" }

    /// What a process has written so far.
    public func written(_ name: String) -> String { Files.text(log(name)) ?? "" }

    /// Runs a short command to its end. Returns its status and all that it wrote; throws ``DrillFailure`` when it ends
    /// by a signal or not within `seconds`.
    @discardableResult
    public func run(
        _ name: String, _ arguments: [String], adding extra: [String: String] = [:], input: String? = nil,
        seconds: Int64 = 60
    ) async throws -> (status: Int32, text: String) {
        let child = try start(name, arguments, adding: extra, input: input)
        // Also when it is left because the drill is asked to end; one that ended gets no signal.
        defer { child.send(.kill) }
        guard let end = try await end(of: child, within: .seconds(seconds)) else {
            throw DrillFailure("\(arguments.joined(separator: " ")) did not end within \(seconds) s: \(log(name))")
        }
        guard case .exited(let status) = end else {
            throw DrillFailure("\(arguments.joined(separator: " ")) ended with \(end): \(log(name))")
        }
        return (status, written(name))
    }

    /// Waits for a process's end; nil when it still runs then.
    public func end(of child: ChildProcess, within limit: Duration) async throws -> ChildProcess.End? {
        let deadline = clock.now().adding(limit)
        while true {
            if let end = child.poll() { return end }
            if clock.now() >= deadline { return nil }
            try await clock.sleep(for: .milliseconds(5))
        }
    }

    /// Waits until a process has written `words`; false when it ended before.
    public func waits(for words: String, from name: String, of child: ChildProcess) async throws -> Bool {
        let deadline = clock.now().adding(.seconds(30))
        while clock.now() < deadline {
            if written(name).contains(words) { return true }
            if child.poll() != nil { return written(name).contains(words) }
            try await clock.sleep(for: .milliseconds(10))
        }
        throw DrillFailure("\(name) does not begin: \(log(name))")
    }
}
