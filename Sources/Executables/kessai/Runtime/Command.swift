/// A subcommand of the binary.
protocol Command {
    /// Its words: `sandbox stripe`.
    static var name: String { get }
    /// Its line of the overview first, then what it does, its options and its exit statuses.
    static var usage: String { get }
    /// Options without a value: `--json`.
    static var flags: Set<String> { get }
    /// Options with a value: `--port`.
    static var options: Set<String> { get }

    init()
    /// Does the work.
    func run(_ arguments: Arguments) async throws -> ExitStatus
}

/// How the process ends.
enum ExitStatus: Int32 {
    case success = 0
    case failure = 1
    case usage = 2
}

/// The command line is not as the usage says.
struct UsageError: Error {
    let message: String
}

/// The words behind a command, told apart.
struct Arguments {
    private(set) var positional: [String] = []
    private var given: Set<String> = []
    private var values: [String: String] = [:]

    /// Throws `UsageError` for an option that is not known, lacks its value or is given twice.
    init(_ words: [String], flags: Set<String>, options: Set<String>) throws {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else {
                positional.append(word)
                continue
            }
            let halves = word.split(separator: "=", maxSplits: 1).map(String.init)
            let name = halves[0]
            if flags.contains(name), halves.count == 1 {
                given.insert(name)
            } else if options.contains(name) {
                guard let value = halves.count > 1 ? halves[1] : rest.popFirst() else {
                    throw UsageError(message: "\(name) needs a value")
                }
                guard values.updateValue(value, forKey: name) == nil else {
                    throw UsageError(message: "\(name) is given twice")
                }
            } else {
                throw UsageError(message: "unknown option \(name)")
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
