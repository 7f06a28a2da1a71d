/// A subcommand of a program.
public protocol Command {
    /// Its words: `sandbox stripe`.
    static var name: String { get }
    /// What follows them: `ORDER [--json]`; empty when nothing does.
    static var synopsis: String { get }
    /// What it does, in one line.
    static var summary: String { get }
    /// What else there is to know: its options and its exit statuses.
    static var details: String { get }
    /// Options without a value: `--json`.
    static var flags: Set<String> { get }
    /// Options with a value: `--port`.
    static var options: Set<String> { get }
    /// How many words it takes beside its options.
    static var wordsMax: Int { get }

    init()
    /// Does the work.
    func run(_ arguments: Arguments) async throws -> ExitStatus
}

extension Command {
    /// Nothing follows its words.
    public static var synopsis: String { "" }
    /// There is no more to know.
    public static var details: String { "" }
    /// None.
    public static var flags: Set<String> { [] }
    /// None.
    public static var options: Set<String> { [] }
    /// None.
    public static var wordsMax: Int { 0 }

    /// Its name, word by word.
    static var words: [String] { name.split(separator: " ").map(String.init) }
    /// How it is called.
    public static var line: String { synopsis.isEmpty ? name : "\(name) \(synopsis)" }
    /// All of its help, as a command of `program`.
    static func help(of program: String) -> String {
        "usage: \(program) \(line)\n\n\(summary)\n" + (details.isEmpty ? "" : "\n\(details)\n")
    }
}

/// How the process ends.
public enum ExitStatus: Int32, Sendable {
    /// It is done.
    case success = 0
    /// It could not be done, or what was found is not good.
    case failure = 1
    /// The command line or the configuration is not as it must be.
    case usage = 2
}

/// The command line is not as the usage says, or what it names is not fit for it.
public struct UsageError: Error {
    /// What is wrong, for a person.
    public let message: String

    /// An error with what is wrong.
    public init(message: String) { self.message = message }
}

/// What was asked for could not be done; told as it is.
public struct CommandFailure: Error {
    /// What went wrong, for a person.
    public let message: String

    /// An error with what went wrong.
    public init(message: String) { self.message = message }
}
