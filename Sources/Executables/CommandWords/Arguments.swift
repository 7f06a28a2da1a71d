/// The words behind a command, told apart.
public struct Arguments {
    /// The words that are no options, in their order.
    public private(set) var positional: [String] = []
    private var given: Set<String> = []
    private var values: [String: String] = [:]

    /// Reads the words behind a command of `program`. Throws `UsageError` for an option that is not known, lacks its value or
    /// is given twice, and for a word too many.
    public init(_ words: [String], of command: any Command.Type, in program: String) throws {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word != "-" else {
                positional.append(word)
                guard positional.count <= command.wordsMax else {
                    // A URL may hold a password.
                    let shown = word.contains("://") ? "a URL" : "'\(word)'"
                    throw UsageError(message: "\(shown) is too many: \(program) \(command.line)")
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
                        + (suggestion ?? "see \(program) \(command.name) --help"))
            }
        }
    }

    /// Whether an option without a value was given.
    public func has(_ flag: String) -> Bool { given.contains(flag) }

    /// The value of an option.
    public subscript(_ option: String) -> String? { values[option] }

    /// A number within a range. Throws `UsageError`.
    public func int(_ option: String, in range: ClosedRange<Int>, default value: Int) throws -> Int {
        guard let text = values[option] else { return value }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(message: "\(option) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
