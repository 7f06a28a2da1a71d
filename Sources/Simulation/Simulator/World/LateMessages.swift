internal import Kernel
private import Synchronization

/// Messages that the network still has: whoever sent them has given them up, and may be dead.
final class LateMessages: Sendable {
    private struct Message {
        let due: Timestamp
        let arrive: @Sendable () async -> Void
    }
    private let waiting = Mutex<[Message]>([])

    /// Keeps a message until `due`.
    func keep(until due: Timestamp, _ arrive: @escaping @Sendable () async -> Void) {
        waiting.withLock { $0.append(Message(due: due, arrive: arrive)) }
    }

    /// No network keeps a message for a day that the machine stood still: it is gone.
    private static let keptMax = Duration.seconds(600)

    /// Lets those arrive whose time has come, or all of them.
    func arrive(by now: Timestamp, isLast: Bool = false) async {
        let due = waiting.withLock { waiting -> [Message] in
            let due = waiting.filter { isLast || $0.due <= now }
            waiting.removeAll { isLast || $0.due <= now }
            return due.filter { now.since($0.due) <= Self.keptMax }
        }
        for message in due { await message.arrive() }
    }
}
