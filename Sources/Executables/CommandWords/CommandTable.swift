/// The subcommands, and how the words of a command line are understood.
public struct CommandTable {
    private let program: String
    private let commands: [any Command.Type]
    private let version: String?

    /// The table of a program's commands, in the order in which they are listed; a tool that is not shipped has no version.
    public init(of program: String, commands: [any Command.Type], version: String? = nil) {
        self.program = program
        self.commands = commands
        self.version = version
    }

    /// What to do.
    public enum Understood {
        /// Run a command with the words behind it.
        case run(any Command.Type, [String])
        /// Print a text and end.
        case tell(String, ExitStatus)
    }

    private static let helpWords: Set<String> = ["help", "--help", "-h"]

    /// Throws `UsageError` for a command that there is not.
    public func understand(_ words: [String]) throws -> Understood {
        guard let first = words.first else { return .tell(overview, .usage) }
        if let version, ["version", "--version", "-V"].contains(first) {
            return .tell("\(program) \(version)\n", .success)
        }
        if Self.helpWords.contains(first) { return .tell(try help(Array(words.dropFirst())), .success) }
        if let (command, rest) = find(words) {
            if rest.contains(where: { $0 == "--help" || $0 == "-h" }) {
                return .tell(command.help(of: program), .success)
            }
            return .run(command, rest)
        }
        if let group = group(first) {
            guard words.count > 1 else { return .tell(group, .usage) }
            if Self.helpWords.contains(words[1]) { return .tell(group, .success) }
        }
        throw unknown(words)
    }

    /// The help of a command, of a group, or of all.
    private func help(_ words: [String]) throws -> String {
        guard let first = words.first else { return overview }
        if let (command, rest) = find(words), rest.isEmpty { return command.help(of: program) }
        if words.count == 1, let group = group(first) { return group }
        if Self.helpWords.contains(first) { return overview }
        throw unknown(words)
    }

    /// The command whose words begin the line; of several the longest.
    private func find(_ words: [String]) -> (command: any Command.Type, rest: [String])? {
        commands.filter { words.starts(with: $0.words) }
            .max { $0.words.count < $1.words.count }
            .map { ($0, Array(words.dropFirst($0.words.count))) }
    }

    private func group(_ name: String) -> String? {
        let members = commands.filter { $0.words.count > 1 && $0.words[0] == name }
        guard !members.isEmpty else { return nil }
        return "usage: \(program) \(name) COMMAND [OPTIONS]\n\n" + list(members)
            + "\n\(program) \(name) COMMAND --help tells more.\n"
    }

    private var overview: String {
        "usage: \(program) COMMAND [OPTIONS]\n\n" + list(commands)
            + "\n\(program) COMMAND --help tells more" + (version == nil ? "" : ", \(program) --version the version")
            + ".\n"
            + "Exit status: 0 done, 1 failed, 2 wrong usage or configuration.\n"
    }

    private func list(_ commands: [any Command.Type]) -> String {
        commands.map { "  \(program) \($0.line)\n      \($0.summary)\n" }.joined()
    }

    private func unknown(_ words: [String]) -> UsageError {
        let isOption = words[0].hasPrefix("-")
        let groups = Set(commands.filter { $0.words.count > 1 }.map { $0.words[0] })
        let asked = groups.contains(words[0]) ? words.prefix(2).joined(separator: " ") : words[0]
        let names = commands.map { $0.name } + groups.sorted() + ["help"] + (version == nil ? [] : ["version"])
        // `user add` means `users add`, and `serv` means `serve`.
        let nearest =
            Spelling.nearest(to: words.prefix(2).joined(separator: " "), among: names)
            ?? Spelling.nearest(to: asked, among: names)
        let suggestion = nearest.map { "did you mean \($0)?" } ?? "\(program) --help lists the commands"
        return UsageError(message: "unknown \(isOption ? "option" : "command") '\(asked)'; \(suggestion)")
    }
}
