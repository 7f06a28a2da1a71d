internal import CPostgres
internal import Database
internal import DriverSupport
private import Glibc
internal import Kernel
private import Threads

/// One connection that hears the notifications of all channels, on a thread of its own; both begin with the first
/// channel.
// Unchecked: what the thread uses alone is local to it, `state` has its lock, and `bell` does not change.
final class PostgresListener: @unchecked Sendable {
    private struct State: Sendable {
        /// Names on the server and the channels they stand for.
        var channels: [String: String] = [:]
        var isRunning = false
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    /// Waits between attempts to connect, in milliseconds.
    static let backoffFirstMs = 100
    static let backoffMostMs = 5_000
    /// How long the thread sleeps at most before it looks after its connection.
    private static let sleepMostMs = 30_000
    /// How long it takes a pooler's word that notifications do not pass.
    private static let pooledSleepMs = 60_000

    private let state = Monitor(State())
    private let target: Redacted<PostgresTarget>
    /// Whether a pooler at the target is known to bring notifications.
    private let mayBePooled: Bool
    private let waiters: ChannelWaiters
    private let log: Log?
    /// Wakes the thread from its sleep on the socket.
    private let bell: Int32

    init(_ target: Redacted<PostgresTarget>, mayBePooled: Bool, _ waiters: ChannelWaiters, log: Log?) {
        self.target = target
        self.mayBePooled = mayBePooled
        self.waiters = waiters
        self.log = log
        bell = kessai_pq_make_bell()
    }

    deinit { if bell >= 0 { Glibc.close(bell) } }

    /// Hears `channel` from soon on. Without a thread or a bell nothing is heard, and only the time counts.
    func listen(to channel: String) {
        let name = PostgresChannel.name(channel)
        let mustStart = state.withLock { state -> Bool in
            guard !state.isClosed, bell >= 0, state.channels[name] == nil,
                state.channels.count < ChannelWaiters.channelsMax
            else { return false }
            state.channels[name] = channel
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart {
            do { try OwnedThread.start(named: "postgres-hear") { self.serve() } } catch { ended() }
        } else {
            ring()
        }
    }

    /// Ends the thread without waiting for it.
    func refuse() {
        state.withLock { $0.isClosed = true }
        ring()
    }

    /// Ends the thread and waits until it has ended.
    func close() async {
        refuse()
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state -> Bool in
                if state.isRunning { state.closers.append(continuation) }
                return !state.isRunning
            }
            if isOver { continuation.resume() }
        }
    }

    private func ring() {
        var one: UInt64 = 1
        // A full counter rings already.
        _ = write(bell, &one, 8)
    }

    private func ended() {
        let closers = state.withLock { state in
            state.isRunning = false
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    private func serve() {
        var failures = 0
        var told = ""
        while !isClosed {
            var heardSinceMs: Int64?
            do {
                let handle = try PostgresHandle(target.reveal())
                if handle.isPooled, !mayBePooled {
                    // The pooler's connection would hear for us, and tell whoever has it then.
                    tell("a pooler is between; DATABASE_LISTEN_URL may lead past it", &told)
                    sleep(on: -1, milliseconds: Self.pooledSleepMs)
                    continue
                }
                try hear(handle, isAgain: failures > 0) {
                    heardSinceMs = MonotonicTime.nowMs()
                    if !told.isEmpty { log?.info("notifications_heard") }
                    told = ""
                }
            } catch {
                // Nobody waits for it: until it is back, waiting takes its time.
                if !isClosed { tell((error as? DatabaseError).map { "\($0)" } ?? "the connection was lost", &told) }
            }
            if isClosed { break }
            // Who is cut off again and again comes back more and more slowly.
            if let heardSinceMs, MonotonicTime.nowMs() - heardSinceMs > Self.backoffMostMs { failures = 0 }
            failures += 1
            let waitMs = MonotonicTime.backoffMs(
                failures: failures, firstMs: Self.backoffFirstMs, mostMs: Self.backoffMostMs)
            sleep(on: -1, milliseconds: waitMs)
        }
        ended()
    }

    /// Says once why nothing is heard.
    private func tell(_ reason: String, _ told: inout String) {
        if told.isEmpty { log?.warning("notifications_not_heard", ["error": .string(reason)]) }
        told = reason
    }

    /// Hears until the connection breaks or the end comes.
    private func hear(_ handle: PostgresHandle, isAgain: Bool, whenHearing: () -> Void) throws {
        var heard: Set<String> = []
        var isFirst = true
        while !isClosed {
            let channels = state.withLock { $0.channels }
            for name in channels.keys where !heard.contains(name) {
                try handle.command(PostgresChannel.listenStatement(name))
                heard.insert(name)
            }
            if isFirst {
                isFirst = false
                whenHearing()
                // What was notified while nobody heard is looked for now.
                if isAgain { for channel in channels.values { waiters.notify(channel) } }
            }
            deliver(handle, channels)
            let hasNews = sleep(on: PQsocket(handle.raw), milliseconds: Self.sleepMostMs)
            // Nothing for so long: whether there is still a server at the other end shows only when it is asked.
            if !hasNews { try handle.command("SELECT 1") }
            guard PQconsumeInput(handle.raw) == 1, handle.isAlive else { throw handle.fault(nil) }
        }
    }

    private func deliver(_ handle: PostgresHandle, _ channels: [String: String]) {
        while let notification = PQnotifies(handle.raw) {
            defer { PQfreemem(notification) }
            let name = String(cString: notification.pointee.relname)
            if let channel = channels[name] { waiters.notify(channel) }
        }
    }

    /// Sleeps until the socket has something, the bell rings or the time is over; whether it was not the time.
    @discardableResult
    private func sleep(on socket: Int32, milliseconds: Int) -> Bool {
        var files = [
            pollfd(fd: bell, events: Int16(POLLIN), revents: 0), pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
        ]
        let ready = poll(&files, 2, Int32(milliseconds))
        var count: UInt64 = 0
        // An empty counter has nothing to reset.
        _ = read(bell, &count, 8)
        return ready != 0
    }
}
