internal import CommandWords
internal import Database

/// What the words of `kessai-drill kills` ask for.
struct DrillOptions {
    let databases: [SQLDialect]
    let binary: String
    let kills: Int
    let killsPerRound: Int
    let seed: UInt64
    let server: String?
    let folder: String
    let isForMachines: Bool
    let isMarkdown: Bool

    /// Throws `UsageError` for what is missing or cannot be.
    init(_ arguments: Arguments) throws {
        switch arguments["--database"] {
        case "both": databases = [.sqlite, .postgresql]
        case let name?: databases = [SQLDialect(rawValue: name)].compactMap(\.self)
        case nil: databases = []
        }
        guard !databases.isEmpty else { throw UsageError(message: "--database must be sqlite, postgresql or both") }
        binary = try arguments.requiredPath("--binary")
        kills = try arguments.int("--kills", in: 1...100_000, default: 30)
        killsPerRound = try arguments.int("--round", in: 1...200, default: 30)
        seed = UInt64(try arguments.int("--seed", in: 0...Int.max, default: 1))
        server = arguments["--server"]
        if databases.contains(.postgresql), server == nil { throw UsageError(message: "--server is missing") }
        folder = arguments.folder
        isForMachines = arguments.has("--json")
        isMarkdown = arguments.has("--markdown")
    }
}
