import CMicroHTTPD
import Glibc

/// Whether libmicrohttpd still advances with a body in chunks.
///
/// It keeps the line of a chunk's size, and the fields behind the last chunk, until their end has come. When its buffer is full
/// before that, it neither reads on nor refuses, but wants to be run again at once, for ever (0.9.75,
/// `MHD_connection_update_event_loop_info`; versions from 1.0 on refuse by themselves). From outside that looks as a client that
/// is slow, but for one thing: who waits for a client is among what libmicrohttpd's epoll descriptor watches. So a
/// connection of which nothing was handed out for some turns is suspended and resumed, upon which it is watched anew unless it is
/// stuck.
struct ChunkProgress {
    /// Since which turn of the loop nothing was handed out, and nothing was found out.
    fileprivate var quietSinceTurn: Int
    /// The turn in which it was resumed to find out.
    fileprivate var resumedAtTurn: Int?
    /// When that may be done again.
    fileprivate var againAtMs: Int64 = 0

    /// So many turns are enough to read what there is, and to wait for more.
    fileprivate static let turns = 3
    fileprivate static let pauseMs: Int64 = 50

    /// Something was handed out in this turn.
    init(turn: Int) { quietSinceTurn = turn }
}

extension EventLoop {
    /// Refuses requests whose chunks do not fit; true when connections were resumed. Costs nothing where nobody sends chunks.
    func resumeStalledChunks() -> Bool {
        guard !receivingChunks.isEmpty, kessai_mhd_is_strict() == 0 else { return false }
        var wereResumed = false
        for connection in receivingChunks.values where connection.resumeIfStalled() { wereResumed = true }
        return wereResumed
    }

    /// Has libmicrohttpd told of a connection's end that does not wait for it; false when it waits.
    fileprivate func watchesEnd(of descriptor: Int32, _ handle: OpaquePointer) -> Bool {
        guard let daemon else { return false }
        // What libmicrohttpd itself says of a connection; hanging up is told without being asked for.
        var event = epoll_event(events: 0, data: epoll_data_t(ptr: UnsafeMutableRawPointer(handle)))
        return epoll_ctl(kessai_mhd_epoll_fd(daemon), EPOLL_CTL_ADD, descriptor, &event) == 0
    }

    /// Takes that back: the watch would outlive a descriptor that was copied, and what it tells of.
    func forgetsEnd(of descriptor: Int32) {
        if let daemon { epoll_ctl(kessai_mhd_epoll_fd(daemon), EPOLL_CTL_DEL, descriptor, nil) }
    }
}

extension Connection {
    /// Refuses the request when it was found to be stuck; true when it was resumed to find out.
    fileprivate func resumeIfStalled() -> Bool {
        guard isReceiving, let exchange, var progress = chunkProgress else { return false }
        defer { chunkProgress = progress }
        if let resumed = progress.resumedAtTurn {
            guard loop.turn - resumed >= ChunkProgress.turns else { return false }
            progress.resumedAtTurn = nil
            progress.quietSinceTurn = loop.turn
            progress.againAtMs = loop.nowMs + ChunkProgress.pauseMs
            guard loop.watchesEnd(of: descriptor, exchange.handle) else { return false }
            isEndWatched = true
            exchange.refuseFraming()
            answerBare(exchange)
            shutdown(descriptor, Int32(SHUT_RDWR))
        } else if loop.turn - progress.quietSinceTurn >= ChunkProgress.turns, loop.nowMs >= progress.againAtMs {
            MHD_suspend_connection(exchange.handle)
            MHD_resume_connection(exchange.handle)
            progress.resumedAtTurn = loop.turn
            return true
        }
        return false
    }
}
