internal import CommandWords
private import Glibc
internal import Kernel
internal import KessaiApp

/// How many files and sockets the process may have open.
enum Descriptors {
    /// What is open beside the connections of clients: databases, calls to Stripe, those that linger.
    private static let othersMax = 768

    /// Allows this process as many as the machine lets it, for the connections that may be open; many systems begin with
    /// 1,024 for the sake of old programs. Warns when that is not enough: then clients are turned away earlier.
    static func raise(for door: DoorSettings, log: Log) {
        var limit = rlimit()
        guard getrlimit(Self.kind, &limit) == 0 else { return }
        let wanted = rlim_t(door.connectionsMax + othersMax)
        if limit.rlim_cur < wanted {
            limit.rlim_cur = min(wanted, limit.rlim_max)
            _ = setrlimit(Self.kind, &limit)
        }
        if limit.rlim_cur < wanted {
            log.warning(
                "descriptors_limited", ["allowed": .int(Int64(limit.rlim_cur)), "wanted": .int(Int64(wanted))])
        }
    }

    /// What a process that serves needs at least to start and to do one thing after the other. With fewer the runtime itself
    /// ends the process when it gets none, without a word.
    private static let countMin = 64

    /// Throws `UsageError` where the machine allows too few to serve at all. Called before anything is opened.
    static func demandEnough() throws {
        var limit = rlimit()
        guard getrlimit(Self.kind, &limit) == 0, limit.rlim_cur < rlim_t(countMin) else { return }
        limit.rlim_cur = min(rlim_t(countMin), limit.rlim_max)
        guard limit.rlim_cur < rlim_t(countMin) || setrlimit(Self.kind, &limit) != 0 else { return }
        throw UsageError(
            message:
                "The machine allows this process \(limit.rlim_cur) open files; it needs \(countMin) at least, and one for "
                + "each connection (ulimit -n, LimitNOFILE).")
    }

    /// Says when the machine allows fewer than the settings want.
    static func findings(_ door: DoorSettings) -> [SettingsFinding] {
        var limit = rlimit()
        guard getrlimit(Self.kind, &limit) == 0, limit.rlim_max < rlim_t(door.connectionsMax + othersMax) else {
            return []
        }
        return [
            .init(
                gravity: .warning, name: "HTTP_CONNECTIONS",
                detail: "is more than the \(limit.rlim_max) descriptors of a process allow (ulimit -Hn, LimitNOFILE)")
        ]
    }

    private static var kind: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
}
