public import Database
internal import Kernel
private import Synchronization

/// Kills nodes with SIGKILL and starts them again at once, each on its own, until there were so many kills in all.
public final class Killer: Sendable {
    /// When kills happen.
    public enum Season: String, Sendable {
        /// While clients are busy.
        case storm
        /// Once the clock is further on, so that the sweep, leases and retries are due.
        case aftershock
    }

    private struct State {
        var table = KillTable()
        var faults: [String] = []
        var left = 0
    }
    private let nodes: [Node]
    private let database: SQLDialect
    private let dice: Dice
    private let listen: @Sendable (_ season: Season, _ kills: Int) -> Void
    private let state = Mutex(State())

    /// How long a failpoint is waited for before the process is killed where it is.
    static let patience = Duration.milliseconds(2_500)

    /// A killer of these nodes. `listen` hears after each kill how many there were, from any thread.
    public init(
        of nodes: [Node], on database: SQLDialect, dice: Dice,
        listen: @escaping @Sendable (_ season: Season, _ kills: Int) -> Void = { _, _ in }
    ) {
        self.nodes = nodes
        self.database = database
        self.dice = dice
        self.listen = listen
    }

    /// Where kills happened so far.
    public var table: KillTable { state.withLock { $0.table } }
    /// Processes that ended otherwise than by a kill.
    public var faults: [String] { state.withLock { $0.faults } }

    /// Starts every node and kills, until there were `kills` more; all nodes are dead then. Throws ``DrillFailure``.
    public func run(_ season: Season, kills: Int, secondsAhead: Int64) async throws {
        state.withLock { $0.left = kills }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in nodes {
                group.addTask {
                    while self.state.withLock({ state in
                        state.left -= 1
                        return state.left >= 0
                    }) { try await self.killOnce(node, season, secondsAhead) }
                }
            }
            try await group.waitForAll()
        }
    }

    private func killOnce(_ node: Node, _ season: Season, _ secondsAhead: Int64) async throws {
        let failpoint = dice.falls(75) ? choose(node, season) : nil
        // One that dies at its very beginning is told apart below.
        _ = try await node.start(failpoints: failpoint, secondsAhead: secondsAhead)
        let death = try await node.kill(
            after: failpoint == nil ? dice.milliseconds(50...900) : Self.patience)
        state.withLock { state in
            switch death {
            case .failpoint(let name):
                state.table.add(.init(database: database, name: name))
            case .killed:
                state.table.add(.init(database: database, name: KillTable.random))
                if failpoint != nil { state.table.missed += 1 }
            case .other(let end):
                state.faults.append("\(node.name) ended by itself (\(end)): \(node.log)")
            }
        }
        listen(season, table.total(on: database))
    }

    private func choose(_ node: Node, _ season: Season) -> String {
        switch season {
        case .storm: FailpointMenu.pick(dice, serves: node.url != nil)
        case .aftershock: FailpointMenu.pickLater(dice)
        }
    }
}
