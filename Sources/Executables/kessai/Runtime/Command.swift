/// A subcommand of the binary.
protocol Command {
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
    static var synopsis: String { "" }
    static var details: String { "" }
    static var flags: Set<String> { [] }
    static var options: Set<String> { [] }
    static var wordsMax: Int { 0 }

    /// Its name, word by word.
    static var words: [String] { name.split(separator: " ").map(String.init) }
    /// How it is called.
    static var line: String { synopsis.isEmpty ? name : "\(name) \(synopsis)" }
    /// All of its help.
    static var help: String {
        "usage: kessai \(line)\n\n\(summary)\n" + (details.isEmpty ? "" : "\n\(details)\n")
    }
}

/// How the process ends.
enum ExitStatus: Int32 {
    case success = 0
    case failure = 1
    case usage = 2
}

/// The command line is not as the usage says, or what it names is not fit for it.
struct UsageError: Error {
    let message: String
}

/// What was asked for could not be done; told as it is.
struct CommandFailure: Error {
    let message: String
}

/// The words behind a command, told apart.
struct Arguments {
    private(set) var positional: [String] = []
    private var given: Set<String> = []
    private var values: [String: String] = [:]

    /// Throws `UsageError` for an option that is not known, lacks its value or is given twice, and for a word too many.
    init(_ words: [String], of command: any Command.Type) throws {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word != "-" else {
                positional.append(word)
                guard positional.count <= command.wordsMax else {
                    // A URL may hold a password.
                    let shown = word.contains("://") ? "a URL" : "'\(word)'"
                    throw UsageError(message: "\(shown) is too many: kessai \(command.line)")
                }
                continue
            }
            let halves = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = halves[0]
            if command.flags.contains(name) {
                guard halves.count == 1 else { throw UsageError(message: "\(name) takes no value") }
                given.insert(name)
            } else if command.options.contains(name) {
                guard let value = halves.count > 1 ? halves[1] : rest.popFirst() else {
                    throw UsageError(message: "\(name) needs a value")
                }
                guard values.updateValue(value, forKey: name) == nil else {
                    throw UsageError(message: "\(name) is given twice")
                }
            } else {
                let known = command.flags.union(command.options).sorted()
                let suggestion = Spelling.nearest(to: name, among: known).map { "did you mean \($0)?" }
                throw UsageError(
                    message: "unknown option '\(name)' of \(command.name); "
                        + (suggestion ?? "see kessai \(command.name) --help"))
            }
        }
    }

    /// Whether an option without a value was given.
    func has(_ flag: String) -> Bool { given.contains(flag) }

    /// The value of an option.
    subscript(_ option: String) -> String? { values[option] }

    /// A number within a range. Throws `UsageError`.
    func int(_ option: String, in range: ClosedRange<Int>, default value: Int) throws -> Int {
        guard let text = values[option] else { return value }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(message: "\(option) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
