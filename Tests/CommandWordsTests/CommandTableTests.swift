import CommandWords
import Testing

private struct Feed: Command {
    static let name = "feed"
    static let synopsis = "ANIMAL [--much] [--with FOOD]"
    static let summary = "give an animal its food"
    static let details = "  --much   more than enough"
    static let flags: Set<String> = ["--much"]
    static let options: Set<String> = ["--with"]
    static let wordsMax = 1

    func run(_ arguments: Arguments) async throws -> CommandWords.ExitStatus { .success }
}

private struct Count: Command {
    static let name = "herd count"
    static let summary = "count the animals"

    func run(_ arguments: Arguments) async throws -> CommandWords.ExitStatus { .success }
}

private struct Move: Command {
    static let name = "herd move"
    static let summary = "move the animals"

    func run(_ arguments: Arguments) async throws -> CommandWords.ExitStatus { .success }
}

/// A program understands its words, and explains itself.
@Suite struct CommandTableTests {
    private let table = CommandTable(of: "farm", commands: [Feed.self, Count.self, Move.self], version: "1.2.3")

    /// What a line is understood as, in a few words.
    private func understood(_ line: String, by table: CommandTable? = nil) -> String {
        do {
            switch try (table ?? self.table).understand(line.split(separator: " ").map(String.init)) {
            case .run(let command, let rest): return "run \(command.name): \(rest.joined(separator: " "))"
            case .tell(let text, let status): return "\(status.rawValue): \(text.prefix { $0 != "\n" })"
            }
        } catch {
            return "wrong: \((error as? UsageError)?.message ?? "\(error)")"
        }
    }

    @Test(arguments: [
        ("feed cow --much", "run feed: cow --much"), ("herd count", "run herd count: "),
        ("", "2: usage: farm COMMAND [OPTIONS]"), ("--help", "0: usage: farm COMMAND [OPTIONS]"),
        ("help", "0: usage: farm COMMAND [OPTIONS]"), ("help help", "0: usage: farm COMMAND [OPTIONS]"),
        ("-V", "0: farm 1.2.3"), ("version", "0: farm 1.2.3"),
        ("feed --help", "0: usage: farm feed ANIMAL [--much] [--with FOOD]"),
        ("feed cow -h", "0: usage: farm feed ANIMAL [--much] [--with FOOD]"),
        ("help feed", "0: usage: farm feed ANIMAL [--much] [--with FOOD]"),
        ("help herd move", "0: usage: farm herd move"), ("herd", "2: usage: farm herd COMMAND [OPTIONS]"),
        ("herd --help", "0: usage: farm herd COMMAND [OPTIONS]"),
        ("help herd", "0: usage: farm herd COMMAND [OPTIONS]"),
        ("fed", "wrong: unknown command 'fed'; did you mean feed?"),
        ("herds move", "wrong: unknown command 'herds'; did you mean herd move?"),
        ("herd mvoe", "wrong: unknown command 'herd mvoe'; did you mean herd move?"),
        ("sell", "wrong: unknown command 'sell'; farm --help lists the commands"),
        ("--loud", "wrong: unknown option '--loud'; farm --help lists the commands"),
        ("help sell", "wrong: unknown command 'sell'; farm --help lists the commands"),
    ])
    func `a line is understood`(line: String, meaning: String) {
        #expect(understood(line) == meaning)
    }

    @Test func `a program without a version has no word for it`() {
        let table = CommandTable(of: "farm", commands: [Feed.self])
        #expect(understood("version", by: table) == "wrong: unknown command 'version'; farm --help lists the commands")
        #expect(understood("--version", by: table).hasPrefix("wrong: unknown option '--version'"))
        guard case .tell(let text, _)? = try? table.understand([]) else {
            Issue.record("no overview")
            return
        }
        #expect(!text.contains("version"))
        #expect(text.contains("  farm feed ANIMAL [--much] [--with FOOD]\n      give an animal its food\n"))
    }

    @Test func `help ends with what else there is to know`() throws {
        guard case .tell(let text, .success) = try table.understand(["feed", "--help"]) else {
            Issue.record("no help")
            return
        }
        #expect(
            text == """
                usage: farm feed ANIMAL [--much] [--with FOOD]

                give an animal its food

                  --much   more than enough

                """)
    }
}

/// The words behind a command.
@Suite struct ArgumentsTests {
    private func read(_ words: String...) throws -> Arguments { try Arguments(words, of: Feed.self, in: "farm") }

    private func refusal(_ words: String...) -> String? {
        do {
            _ = try Arguments(words, of: Feed.self, in: "farm")
            return nil
        } catch {
            return (error as? UsageError)?.message
        }
    }

    @Test func `words, flags and values are told apart`() throws {
        let arguments = try read("cow", "--much", "--with", "hay")
        #expect(arguments.positional == ["cow"] && arguments.has("--much") && arguments["--with"] == "hay")
        let other = try read("--with=--much", "-")
        #expect(other["--with"] == "--much" && !other.has("--much") && other.positional == ["-"])
    }

    @Test func `what is wrong is told`() {
        #expect(refusal("--wiht", "hay") == "unknown option '--wiht' of feed; did you mean --with?")
        #expect(refusal("--colour") == "unknown option '--colour' of feed; see farm feed --help")
        #expect(refusal("--with") == "--with needs a value")
        #expect(refusal("--with=a", "--with=b") == "--with is given twice")
        #expect(refusal("--much=1") == "--much takes no value")
        #expect(refusal("cow", "pig") == "'pig' is too many: farm feed ANIMAL [--much] [--with FOOD]")
        #expect(refusal("cow", "x://u:secret@h") == "a URL is too many: farm feed ANIMAL [--much] [--with FOOD]")
    }

    @Test func `numbers have a range`() throws {
        let arguments = try read("--with", "7")
        #expect(try arguments.int("--with", in: 1...7, default: 3) == 7)
        #expect(try arguments.int("--other", in: 1...7, default: 3) == 3)
        #expect(throws: UsageError.self) { try arguments.int("--with", in: 1...6, default: 3) }
        let word = try read("--with", "x")
        #expect(throws: UsageError.self) { try word.int("--with", in: 1...6, default: 3) }
    }
}
