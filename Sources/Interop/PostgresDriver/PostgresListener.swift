internal import CPostgres
internal import Database
internal import DriverSupport
private import Glibc
internal import Kernel

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

    private let state = Monitor(State())
    private let target: Redacted<PostgresTarget>
    private let waiters: ChannelWaiters
    /// Wakes the thread from its sleep on the socket.
    private let bell: Int32

    init(_ target: Redacted<PostgresTarget>, _ waiters: ChannelWaiters) {
        self.target = target
        self.waiters = waiters
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
            do { try OwnedThread.start { self.serve() } } catch { ended() }
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
        while !isClosed {
            do {
                let handle = try PostgresHandle(target.reveal())
                try hear(handle, isAgain: failures > 0) { failures = 0 }
            } catch {
                // Nobody waits for it: until it is back, waiting takes its time.
            }
            if isClosed { break }
            failures += 1
            let waitMs = MonotonicTime.backoffMs(
                failures: failures, firstMs: Self.backoffFirstMs, mostMs: Self.backoffMostMs)
            sleep(on: -1, milliseconds: waitMs)
        }
        ended()
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
            sleep(on: PQsocket(handle.raw), milliseconds: Self.sleepMostMs)
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

    /// Sleeps until the socket has something, the bell rings or the time is over.
    private func sleep(on socket: Int32, milliseconds: Int) {
        var files = [
            pollfd(fd: bell, events: Int16(POLLIN), revents: 0), pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
        ]
        poll(&files, 2, Int32(milliseconds))
        var count: UInt64 = 0
        // An empty counter has nothing to reset.
        _ = read(bell, &count, 8)
    }
}
