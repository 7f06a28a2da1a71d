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

    /// Lets those arrive whose time has come, or all of them.
    func arrive(by now: Timestamp?) async {
        let due = waiting.withLock { waiting -> [Message] in
            let due = waiting.filter { message in now.map { message.due <= $0 } ?? true }
            waiting.removeAll { message in now.map { message.due <= $0 } ?? true }
            return due
        }
        for message in due { await message.arrive() }
    }
}
