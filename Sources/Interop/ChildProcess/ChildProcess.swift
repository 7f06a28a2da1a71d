private import Glibc
private import Synchronization

/// A process that this one started, and that it can end.
///
/// Nobody else may wait for this process's children: the number of one that was waited for can become another's.
public final class ChildProcess: Sendable {
    /// How a process ended.
    public enum End: Sendable, Equatable {
        /// By itself, with a status.
        case exited(Int32)
        /// By a signal.
        case killed(signal: Int32)
    }

    /// A signal that ends.
    public enum Signal: Sendable {
        /// `kill -9`: at once, whatever it is doing.
        case kill
        /// SIGTERM: it is asked to end.
        case terminate
    }

    /// A process that could not be started.
    public struct NotStarted: Error {
        /// The number of the error, as errno.
        public let code: Int32
    }

    /// SIGKILL's number.
    public static let killSignal = SIGKILL

    /// Its number.
    public let processID: Int32
    private let end = Mutex<End?>(nil)

    /// Starts `program` (an absolute path) in a directory. It has exactly this environment, reads the file `input`, and writes
    /// both its outputs to the ends of the files `output` and `errors`. Throws ``NotStarted``.
    public init(
        _ program: String, _ arguments: [String], environment: [String: String], directory: String,
        input: String = "/dev/null", output: String, errors: String
    ) throws(NotStarted) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let write = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, write, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, write, 0o600)
        // A child inherits which signals are blocked and ignored, and threads of Swift's pool block most: one that does not
        // set this straight by itself, as pgbouncer, could not be asked to end.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var every = sigset_t()
        sigfillset(&every)
        posix_spawnattr_setsigdefault(&attributes, &every)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        // `env` goes to the directory, which Swift's view of glibc cannot, and becomes the program: its number stays.
        let words = CStrings(["env", "-C", directory, program] + arguments)
        let variables = CStrings(environment.map { "\($0.key)=\($0.value)" }.sorted())
        var number: pid_t = 0
        let code = posix_spawn(&number, "/usr/bin/env", &actions, &attributes, words.pointers, variables.pointers)
        guard code == 0 else { throw NotStarted(code: code) }
        processID = number
    }

    /// How it ended; nil while it runs. Does not wait.
    public func poll() -> End? {
        end.withLock { end in
            if end == nil { end = Self.look(processID, WNOHANG) }
            return end
        }
    }

    /// Sends it a signal, unless it has ended.
    public func send(_ signal: Signal) {
        end.withLock { end in
            // Until it was waited for, the number is still its own.
            if end == nil { end = Self.look(processID, WNOHANG) }
            if end == nil { Glibc.kill(processID, signal == .kill ? SIGKILL : SIGTERM) }
        }
    }

    private static func look(_ processID: Int32, _ options: Int32) -> End? {
        var status: Int32 = 0
        guard waitpid(processID, &status, options) == processID else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
    }

    /// Texts as C wants them, ended by null, for as long as this lives.
    private final class CStrings {
        let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
        private let count: Int

        init(_ texts: [String]) {
            count = texts.count
            pointers = .allocate(capacity: count + 1)
            for (index, text) in texts.enumerated() { (pointers + index).initialize(to: strdup(text)) }
            (pointers + count).initialize(to: nil)
        }

        deinit {
            for index in 0..<count { free(pointers[index]) }
            pointers.deinitialize(count: count + 1)
            pointers.deallocate()
        }
    }
}
