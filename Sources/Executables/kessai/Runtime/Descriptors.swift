private import Glibc
internal import Kernel
internal import KessaiApp

/// How many files and sockets the process may have open.
enum Descriptors {
    /// What is open beside the connections of clients: databases, calls to Stripe, those that linger.
    private static let othersMax = 512

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
