internal import CommandWords
internal import Database
internal import JSON
internal import Kernel
internal import Payments

/// `kessai why ORDER`: the life of an order as a causal list.
struct WhyCommand: Command {
    static let name = "why"
    static let synopsis = "ORDER [--json]"
    static let summary = "tell the life of an order: requests, the intent, Stripe's events, postings, jobs"
    static let details = """
        ORDER is its id or its number.
        Exit status: 0 told, 1 there is no such order.
        """
    static let flags: Set<String> = ["--json"]
    static let wordsMax = 1

    func run(_ arguments: Arguments) async throws -> ExitStatus {
        guard arguments.positional.count == 1, let order = OrderReference(arguments.positional[0]) else {
            throw UsageError(message: "why needs the id or the number of an order")
        }
        let settings = try Machine.settings().settings
        let clock = SystemClock()
        let database = try await Opening.commandDatabase(settings, clock: clock)
        let story = try await LifeStory.read(order, from: database, clock: clock)
        await database.close()
        guard let story else {
            throw CommandFailure(message: "there is no such order")
        }
        if arguments.has("--json") {
            for line in story.lines { Terminal.write(line.json.text() + "\n") }
        } else {
            Terminal.write(Self.tell(story))
        }
        return .success
    }

    static func tell(_ story: LifeStory) -> String {
        let order = story.order
        var text = "order \(order.number)  \(order.id)\n\(order.total), \(order.status.rawValue)\n\n"
        for line in story.lines {
            let facts = line.facts.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
            text += "\(line.at)  \(line.source.padded(8))  \(line.what.padded(30))  \(line.cause)\n"
            if !facts.isEmpty { text += "\(String(repeating: " ", count: 36))\(facts)\n" }
        }
        return text
    }
}

extension String {
    /// The text with spaces behind it up to a width.
    func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
