import CCurl
import HTTP
import Kernel
import Synchronization

/// The limits of a transport.
struct CurlSettings: Sendable {
    let connectionsMax: Int
    let connectionsPerHostMax: Int
    let requestsMax: Int
    let connectTimeoutMs: Int64
    let authoritiesFile: String?
    let log: Log
}

/// What others tell the engine.
enum CurlCommand: Sendable {
    /// Send, then resume.
    case start(CurlTransfer, CheckedContinuation<CurlOutcome, Never>)
    /// Nobody waits any more.
    case cancel(CurlTransfer)
    /// End everything.
    case close
}

/// How a request ended.
typealias CurlOutcome = Result<HTTPResponse, HTTPTransportError>

/// The thread that owns libcurl's multi handle.
///
/// Requests beyond the connections that are allowed wait here and not in libcurl: its own queue (7.88) may leave a
/// waiting request asleep beside idle connections until some timer happens to run.
///
/// `@unchecked Sendable`: the inbox is safe for everybody; the multi handle and the transfers are touched by the
/// engine's own thread only, but for `curl_multi_wakeup`, which libcurl allows from any thread while the handle
/// lives, and it is called under the inbox's lock, which also guards the handle's end.
final class CurlEngine: @unchecked Sendable {
    private struct Inbox {
        var commands: [CurlCommand] = []
        /// Whether the thread waits and must be woken.
        var parked = false
        var closed = false
    }

    private let settings: CurlSettings
    private let multi: UnsafeMutableRawPointer
    private let inbox = Mutex(Inbox())
    private var transfers: [ObjectIdentifier: CurlTransfer] = [:]
    private var transfersByHost: [String: Int] = [:]
    private var waiting: [CurlTransfer] = []

    /// libcurl wants this once in a process, before anything else; the language runs it once.
    private static let globallyStarted = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Nil when libcurl does not start.
    init?(_ settings: CurlSettings) {
        guard Self.globallyStarted, let multi = curl_multi_init() else { return nil }
        self.settings = settings
        self.multi = multi
        // How many are kept for reuse.
        kessai_curl_multi_set_number(multi, CURLMOPT_MAXCONNECTS, settings.connectionsMax)
    }

    deinit { curl_multi_cleanup(multi) }

    /// Puts a command into the inbox; false when the engine has ended. Any thread.
    @discardableResult
    func post(_ command: CurlCommand) -> Bool {
        inbox.withLock { inbox in
            if inbox.closed { return false }
            inbox.commands.append(command)
            if inbox.parked {
                inbox.parked = false
                curl_multi_wakeup(multi)
            }
            return true
        }
    }

    /// Works until closed.
    func run() {
        var open = true
        while open {
            for command in takeCommands() { open = act(on: command) && open }
            perform()
            // What ends at once makes room at once.
            while startWaiting() { perform() }
            if open { wait() }
        }
        let late = inbox.withLock { inbox -> [CurlCommand] in
            inbox.closed = true
            defer { inbox.commands = [] }
            return inbox.commands
        }
        for command in late { _ = act(on: command) }
        for transfer in waiting + transfers.values { end(transfer, transfer.broken("the transport was closed")) }
    }

    private func takeCommands() -> [CurlCommand] {
        inbox.withLock { inbox in
            if inbox.commands.isEmpty { return [] }
            defer { inbox.commands = [] }
            return inbox.commands
        }
    }

    /// False when it was the last.
    private func act(on command: CurlCommand) -> Bool {
        switch command {
        case .start(let transfer, let continuation): start(transfer, continuation)
        case .cancel(let transfer): cancel(transfer)
        case .close: return false
        }
        return true
    }

    private func start(_ transfer: CurlTransfer, _ continuation: CheckedContinuation<CurlOutcome, Never>) {
        transfer.continuation = continuation
        if transfer.cancelled { return end(transfer, .failure(.cancelled)) }
        guard transfers.count + waiting.count < settings.requestsMax else {
            return end(transfer, .failure(.notSent(reason: "too many requests are under way")))
        }
        waiting.append(transfer)
    }

    private func cancel(_ transfer: CurlTransfer) {
        transfer.cancelled = true
        if transfer.continuation != nil { end(transfer, .failure(.cancelled)) }
    }

    /// Starts what waits and has room, in the order of coming, and gives up what has waited too long; false when
    /// nothing was started.
    private func startWaiting() -> Bool {
        guard !waiting.isEmpty else { return false }
        let now = ContinuousClock.now
        var started = false
        for transfer in waiting {
            if transfer.deadline <= now {
                end(transfer, transfer.broken("no connection became free in time"))
            } else if transfers.count < settings.connectionsMax,
                transfersByHost[transfer.host, default: 0] < settings.connectionsPerHostMax
            {
                begin(transfer, now: now)
                started = true
            }
        }
        return started
    }

    private func begin(_ transfer: CurlTransfer, now: ContinuousClock.Instant) {
        waiting.removeAll { $0 === transfer }
        do throws(HTTPTransportError) {
            let easy = try transfer.prepare(settings, within: now.duration(to: transfer.deadline))
            guard curl_multi_add_handle(multi, easy) == CURLM_OK else {
                throw .notSent(reason: "libcurl does not take the request")
            }
        } catch {
            return end(transfer, .failure(error))
        }
        transfers[ObjectIdentifier(transfer)] = transfer
        transfersByHost[transfer.host, default: 0] += 1
    }

    private func perform() {
        var running: Int32 = 0
        curl_multi_perform(multi, &running)
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let pointer = kessai_curl_private(easy)
            else { continue }
            // The message does not outlive the handle's removal.
            let result = kessai_curl_result(message)
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(pointer).takeUnretainedValue()
            end(transfer, transfer.outcome(result))
        }
    }

    private func end(_ transfer: CurlTransfer, _ outcome: CurlOutcome) {
        transfer.report(outcome, to: settings.log)
        if transfers.removeValue(forKey: ObjectIdentifier(transfer)) != nil {
            let left = transfersByHost[transfer.host, default: 1] - 1
            transfersByHost[transfer.host] = left == 0 ? nil : left
        } else {
            waiting.removeAll { $0 === transfer }
        }
        if let easy = transfer.easy { curl_multi_remove_handle(multi, easy) }
        transfer.free()
        transfer.continuation?.resume(returning: outcome)
        transfer.continuation = nil
    }

    private func wait() {
        let parks = inbox.withLock { inbox -> Bool in
            inbox.parked = inbox.commands.isEmpty
            return inbox.parked
        }
        guard parks else { return }
        let now = ContinuousClock.now
        let patience = waiting.map { now.duration(to: $0.deadline) }.min() ?? .seconds(60)
        // libcurl shortens this to its own next time-out.
        curl_multi_poll(multi, nil, 0, Int32(clamping: max(0, patience.milliseconds) + 1), nil)
        inbox.withLock { $0.parked = false }
    }
}
